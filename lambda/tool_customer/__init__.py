"""Customers and their bookings: get_customer_info, get_customer_bookings, create_booking."""

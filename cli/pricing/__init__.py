"""What a synthesized stage will cost a month: counted from its templates, priced by a pinned file."""

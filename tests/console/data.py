"""What the stand-in answers: a small system of its own, so that no picture changes with the airline's data."""

from __future__ import annotations

from typing import Any

from review.said import Said, document

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SEARCH = "flights-api___search_flights"
BOOK = "customer-mcp___create_booking"
GRANT = "systems/airline/agents/booking.yaml:13"

QUESTION_EN = "Find me a flight from Seoul to Tokyo tomorrow"
QUESTION_KO = "내일 인천에서 나리타 가는 항공편 찾아줘"


def _offer(number: str, out: str, back: str, price: str) -> dict[str, Any]:
    return {
        "number": number,
        "out": f"2026-11-23T{out}:00",
        "in": f"2026-11-23T{back}:00",
        "price": price,
        "currency": "KRW",
    }


OFFERS = {
    "data": [
        _offer("KE703", "13:35", "15:45", "189900"),
        _offer("KE705", "19:30", "21:40", "216200"),
        _offer("KE701", "09:35", "11:45", "220900"),
    ]
}
CARD: dict[str, Any] = {
    "items": "/data",
    "title": {"en": "{/number} · ICN → NRT", "ko": "{/number} · ICN → NRT"},
    "lines": [{"en": "{/out} to {/in}", "ko": "{/out} 출발, {/in} 도착"}],
    "price": {"amount": "/price", "currency": "/currency"},
    "action": {
        "label": {"en": "Book", "ko": "예약"},
        "prompt": {"en": "Book {/number}", "ko": "{/number} 예약해 줘"},
    },
}


def _tool(agent: str, name: str, ms: int, status: str = "ok") -> list[dict[str, Any]]:
    begun = {"type": "tool", "agent": agent, "tool": name, "status": "started"}
    return [begun, {**begun, "status": status, "ms": ms}]


def _search(text: str) -> list[dict[str, Any]]:
    [asked, answered] = _tool("orchestrator", "call_booking_agent", 153)
    return [
        asked,
        *_tool("booking", SEARCH, 16),
        {"type": "result", "agent": "booking", "tool": SEARCH, "data": OFFERS},
        answered,
        {"type": "text", "text": text},
        {"type": "done", "agent": "orchestrator", "turns": 2},
    ]


def words(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


DONE: dict[str, Any] = {"type": "done", "agent": "orchestrator", "turns": 1}
OTHERS = {"type": "error", "code": "bad_request", "message": "This session belongs to another user."}
UNKNOWN = [words("I did not understand that."), DONE]
ANSWERS: dict[str, list[dict[str, Any]]] = {
    QUESTION_EN: _search(
        "Three flights leave Seoul (ICN) for Tokyo (NRT) on **Monday, November 23**. Which one?"
    ),
    QUESTION_KO: _search(
        "**11월 23일(월)** 서울(ICN)에서 도쿄(NRT)로 가는 항공편은 세 편입니다. 어느 편으로 할까요?"
    ),
    "Book KE703": [*_tool("booking", BOOK, 17), words("Booked: **BF1GKQEGB**."), DONE],
    "KE703 예약해 줘": [*_tool("booking", BOOK, 17), words("예약했습니다: **BF1GKQEGB**"), DONE],
    "Give me miles": [
        *_tool("loyalty", BOOK, 4, "refused"),
        words("I may not do that."),
        DONE,
    ],
}


def config() -> dict[str, Any]:
    return {
        "version": 1,
        "system": "airline",
        "title": {"en": "Airline customer service", "ko": "항공사 고객 서비스"},
        "environment": "dev",
        "region": "ap-northeast-2",
        "local": True,
        "languages": ["ko", "en"],
        "entry": {"agent": "orchestrator", "invocations": "/invocations"},
        "users": {
            "authorization_endpoint": "@/authorize",
            "token_endpoint": "@/token",
            "logout_endpoint": None,
            "client_id": "client",
            "redirect_uri": "@/",
            "scopes": ["openid"],
            "hint": "C1001",
        },
        "guests": True,
        "examples": {
            "en": [
                QUESTION_EN,
                "I want to change my booking, what will it cost?",
                "How many miles do I have?",
            ],
            "ko": [QUESTION_KO, "예약을 바꾸고 싶은데 수수료가 얼마야?", "내 마일리지 알려 줘"],
        },
        "cards": {SEARCH: CARD},
        "control": "/_airside/",
    }


def _decision(
    number: int, layer: str, agent: str, tool: str, effect: str, reason: str, source: str | None
) -> dict[str, Any]:
    return {
        "seq": number,
        "time": f"2026-11-22T01:15:{20 + number:02d}.421Z",
        "event": "decision",
        "layer": layer,
        "agent": agent,
        "tool": tool,
        "method": "tools/call",
        "effect": effect,
        "reason": reason,
        "source": source,
        "trace_id": TRACE,
    }


EVENTS: list[dict[str, Any]] = [
    _decision(1, "authorizer", "booking", SEARCH, "allow", "token_valid", None),
    _decision(2, "interceptor", "booking", SEARCH, "allow", "granted", GRANT),
    _decision(3, "policy", "booking", SEARCH, "allow", "permitted", "airline_dev_booking"),
    _decision(4, "authorizer", "loyalty", BOOK, "allow", "token_valid", None),
    _decision(5, "interceptor", "loyalty", BOOK, "deny", "not_granted", None),
]

AGENTS = {
    "booking": ("Searches flights and manages a customer’s bookings.", "reservations"),
    "loyalty": ("Tells members about miles and tiers.", "loyalty"),
    "orchestrator": ("Understands what a customer wants and asks the right agents.", "platform"),
    "policy": ("Explains the rules and what a change costs.", "legal"),
}
TOOLS = {
    "customer-mcp___get_customer_info": ("read", "personal", "none"),
    "customer-mcp___get_customer_bookings": ("read", "personal", "none"),
    BOOK: ("write", "personal", "none"),
    SEARCH: ("read", "public", "external"),
    "loyalty-mcp___get_member_loyalty": ("read", "personal", "none"),
    "loyalty-mcp___get_tier_benefits": ("read", "public", "none"),
    "policy-mcp___get_change_policy": ("read", "public", "none"),
    "policy-mcp___get_baggage_policy": ("read", "public", "none"),
}
GRANTS = {
    "booking": {"customer-mcp___get_customer_info", "customer-mcp___get_customer_bookings", BOOK, SEARCH},
    "loyalty": {"loyalty-mcp___get_member_loyalty", "loyalty-mcp___get_tier_benefits"},
    "orchestrator": set[str](),
    "policy": {"policy-mcp___get_change_policy", "policy-mcp___get_baggage_policy"},
}


USERS = Said("is_users", argument="customer_id", claim="username")


def _told(layer: str, effect: str, because: Said, *conditions: Said) -> dict[str, Any]:
    why = {"because": document(because), "conditions": [document(each) for each in conditions]}
    return {"layer": layer, "effect": effect, "because": str(because), "source": "a line", "why": why}


def _cell(agent: str, tool: str) -> dict[str, Any]:
    granted = tool in GRANTS[agent]
    bound = granted and TOOLS[tool][1] == "personal"
    effect = "conditional" if bound else "allow" if granted else "deny"
    source = f"systems/airline/agents/{agent}.yaml:13" if granted else None
    reason = "bound to the user" if bound else "granted" if granted else "not_granted"
    counts = {"allowed": 0, "refused": 0, "shadow": 0}
    if (agent, tool) == ("booking", SEARCH):
        counts = {"allowed": 12, "refused": 0, "shadow": 2}
    elif (agent, tool) == ("loyalty", BOOK):
        counts = {"allowed": 0, "refused": 1, "shadow": 0}
    return {
        "agent": agent,
        "tool": tool,
        "effect": effect,
        "layers": {
            "authorizer": {"effect": "allow", "reason": "the agent’s own client"},
            "interceptor": {
                "effect": effect,
                "reason": reason,
                "source": source,
            },
            "policy": {
                "effect": effect,
                "reason": "permitted" if granted else "no permit",
                "source": None,
            },
        },
        "source": source,
        "counts": counts,
    }


def _span(
    number: int, parent: int | None, name: str, kind: str, service: str, start: float, ms: float
) -> dict[str, Any]:
    return {
        "span_id": f"{number:016x}",
        "parent_id": None if parent is None else f"{parent:016x}",
        "name": name,
        "kind": kind,
        "service": service,
        "start_us": int(start * 1000),
        "ms": ms,
        "status": "ok",
        "attributes": {"airside.agent": service} if kind in ("agent", "invocation") else {},
    }


def spans() -> list[dict[str, Any]]:
    decided = {
        "agent": "booking",
        "tool": SEARCH,
        "layer": "interceptor",
        "effect": "allow",
        "reason": "granted",
        "source": GRANT,
    }
    call = {**_span(8, 7, f"tools/call {SEARCH}", "gateway", "gateway", 62, 21.4), "arguments": True}
    return [
        _span(1, None, "invoke orchestrator", "invocation", "orchestrator", 0, 218.5),
        _span(2, 1, "chat", "model", "orchestrator", 6, 18.2),
        _span(3, 1, "call_booking_agent", "tool", "orchestrator", 27, 153),
        _span(4, 3, "invoke booking", "invocation", "booking", 30, 149.2),
        _span(5, 4, "token", "identity", "identity", 34, 3.1),
        _span(6, 4, "chat", "model", "booking", 40, 16.9),
        _span(7, 4, SEARCH, "tool", "booking", 60, 25.8),
        call,
        _span(9, 8, "authorizer", "authorizer", "gateway", 62.1, 0.09),
        {**_span(10, 8, "interceptor", "interceptor", "gateway", 62.4, 1.49), "decision": decided},
        _span(11, 8, "policy", "policy", "gateway", 64.1, 1.27),
        _span(12, 8, "flights-api", "target", "gateway", 65.6, 15.6),
        _span(13, 4, "chat", "model", "booking", 90, 82),
        _span(14, 1, "chat", "model", "orchestrator", 184, 31),
    ]


def control() -> dict[str, Any]:
    """The control interface's answers, by path."""
    refused = {
        "trace_id": "f" * 32,
        "started": "2026-11-22T01:15:25.000Z",
        "ms": 41.2,
        "name": "invoke orchestrator",
        "agents": ["orchestrator", "loyalty"],
        "allowed": 1,
        "refused": 1,
        "status": "refused",
    }
    answered = {
        "trace_id": TRACE,
        "started": "2026-11-22T01:15:21.000Z",
        "ms": 218.5,
        "name": "invoke orchestrator",
        "agents": ["orchestrator", "booking"],
        "allowed": 3,
        "refused": 0,
        "status": "ok",
    }
    return {
        "access": {
            "agents": [{"name": n, "purpose": p, "owner": o} for n, (p, o) in AGENTS.items()],
            "tools": [
                {
                    "name": n,
                    "target": n.split("___")[0],
                    "description": "",
                    "effect": e,
                    "data": d,
                    "egress": g,
                }
                for n, (e, d, g) in TOOLS.items()
            ],
            "cells": [_cell(agent, tool) for agent in AGENTS for tool in TOOLS],
            "switches": [
                {"kind": "agent", "subject": name, "off": False, "description": "", "updated": None}
                for name in AGENTS
            ]
            + [{"kind": "tool", "subject": SEARCH, "off": False, "description": "", "updated": None}],
        },
        "explain": {
            "sentences": [
                "The authorizer lets loyalty in: its token carries its own badge.",
                "The interceptor refuses: no line of the declaration grants this tool to loyalty.",
                "The policy engine would refuse as well: no permit names it.",
            ],
            "gateway": "airline-dev",
            "effect": "deny",
            "layers": [
                _told("authorizer", "allow", Said("takes_client", client="c")),
                _told("interceptor", "conditional", Said("granted"), USERS),
                _told("policy engine", "deny", Said("no_permit")),
            ],
        },
        "topology": topology(),
        "traces": {"traces": [refused, answered]},
        f"traces/{TRACE}": {"trace_id": TRACE, "complete": True, "spans": spans()},
        f"traces/{TRACE}/arguments/{8:016x}": {
            "arguments": {"originLocationCode": "ICN"},
            "result_bytes": 4120,
        },
    }


def topology() -> dict[str, Any]:
    gateway = "gateway:airline-dev"
    targets = sorted({name.split("___")[0] for name in TOOLS})
    nodes = [
        {"id": "user", "kind": "user", "label": "User", "note": None},
        *(
            {"id": f"agent:{name}", "kind": "agent", "label": name, "note": text}
            for name, (text, _) in AGENTS.items()
        ),
        {"id": "model:standard", "kind": "model", "label": "standard", "note": None},
        {"id": "gateway:airline-dev", "kind": "gateway", "label": "airline-dev", "note": None},
        {
            "id": "interceptor:gateway-interceptor",
            "kind": "interceptor",
            "label": "gateway-interceptor",
            "note": None,
        },
        {"id": "policy_engine:airline_dev", "kind": "policy_engine", "label": "airline_dev", "note": None},
        *({"id": f"target:{name}", "kind": "target", "label": name, "note": None} for name in targets),
        *(
            {"id": f"function:{name}", "kind": "function", "label": f"tool_{name[:-4]}", "note": None}
            for name in targets
            if name.endswith("-mcp")
        ),
        {"id": "provider:flights", "kind": "provider", "label": "flights", "note": None},
        *(
            {"id": f"table:{name}", "kind": "table", "label": name, "note": None}
            for name in ("bookings", "customers", "members", "rules")
        ),
    ]
    edges = [
        ("user", "agent:orchestrator", "asks"),
        *(("agent:orchestrator", f"agent:{name}", "delegates") for name in ("booking", "loyalty", "policy")),
        *((f"agent:{name}", gateway, "calls") for name in ("booking", "loyalty", "policy")),
        *((f"agent:{name}", "model:standard", "uses") for name in AGENTS),
        (gateway, "interceptor:gateway-interceptor", "checks"),
        (gateway, "policy_engine:airline_dev", "checks"),
        *((gateway, f"target:{name}", "routes") for name in targets),
        *((f"target:{name}", f"function:{name}", "routes") for name in targets if name.endswith("-mcp")),
        ("target:flights-api", "provider:flights", "egress"),
        ("function:customer-mcp", "table:bookings", "reads_writes"),
        ("function:customer-mcp", "table:customers", "reads_writes"),
        ("function:loyalty-mcp", "table:members", "reads_writes"),
        ("function:policy-mcp", "table:rules", "reads_writes"),
    ]
    return {"nodes": nodes, "edges": [{"from": a, "to": b, "kind": kind} for a, b, kind in edges]}

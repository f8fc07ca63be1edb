"""What all charts have in common: fonts, greys, axes with numbers as the language writes them."""

from __future__ import annotations

from typing import Any, Final

from api.words import Language

INK: Final = "#252b31"
SOFT: Final = "#5c656e"
EDGE: Final = "#cdd1d5"
BLUE: Final = "#1c5f9e"
UNKNOWN: Final = "#c9cdd1"
HEAT: Final = ["#f4f1e4", "#c7d4cf", "#8fb0bd", "#5a83a3", "#33557f", "#1f2f55"]

ESCAPED: Final = (
    "const e = s => { const d = document.createElement('i'); d.textContent = s; return d.innerHTML; }"
)
"""A text as HTML, in the browser: what pointing says may hold names."""
TIP: Final = f"p => {{ {ESCAPED}; return p.data && p.data.tip ? e(p.data.tip) : ''; }}"
"""What pointing says: the ``tip`` of a point."""
_FONT: Final = 'system-ui, "Segoe UI", "Noto Sans", "Malgun Gothic", "Noto Sans CJK KR", sans-serif'


def base(language: Language) -> dict[str, Any]:
    """Options every chart begins with."""
    return {
        "animation": False,
        "textStyle": {"fontFamily": _FONT, "color": INK},
        "grid": {"left": 34, "right": 18, "top": 18, "bottom": 24, "containLabel": True},
        "tooltip": {"confine": True, ":formatter": TIP},
    }


def axis(name: str, low: float, high: float, language: Language, *, up: bool = False) -> dict[str, Any]:
    """An axis of values with its name in the middle."""
    return {
        "type": "value",
        "name": name,
        "nameLocation": "middle",
        "nameGap": 42 if up else 26,
        "min": low,
        "max": high,
        "axisLine": {"show": True, "lineStyle": {"color": SOFT}},
        "splitLine": {"show": False},
        "axisLabel": {
            "color": SOFT,
            "showMinLabel": False,
            "showMaxLabel": False,
            "hideOverlap": True,
            ":formatter": number_script(language),
        },
    }


def number_script(language: Language) -> str:
    """A number of four digits as `api.words.number` writes it, in the browser."""
    mark = ".replace('.', ',')" if language == "ru" else ""
    return f"v => String(Number(Number(v).toPrecision(4))){mark}"

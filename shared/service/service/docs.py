"""The API's own page, offline: what `/openapi.json` says, rendered without a line from elsewhere."""

from __future__ import annotations

from html import escape
from typing import Any

METHODS = ("get", "post", "put", "patch", "delete")
STYLE = """
:root{color-scheme:light dark;--line:#8884;--accent:#2563a8}
body{font:15px/1.5 system-ui,"PingFang SC","Noto Sans CJK SC",sans-serif;max-width:70rem;
margin:2rem auto;padding:0 1rem}
summary{cursor:pointer;padding:.35rem 0}details{border-bottom:1px solid var(--line)}
code,pre{font:13px/1.45 ui-monospace,monospace}pre{overflow:auto;padding:.6rem;border:1px solid var(--line)}
b.method{display:inline-block;width:4.5em;color:var(--accent);font-variant-numeric:tabular-nums}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.2rem .8rem .2rem 0}
.quiet{opacity:.7}
"""


def page(document: dict[str, Any]) -> str:
    """One page: operations by resource, then models, then problems."""
    info = document["info"]
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(info["title"])} API</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}</style><main>'
        f"<h1>{escape(info['title'])}</h1><p>{escape(info.get('description', ''))}</p>"
        f'<p class="quiet">Version {escape(info["version"])} · <a href="openapi.json">openapi.json</a> · '
        f'<a href="#models">models</a> · <a href="#problems">problems</a></p>'
        f"{_operations(document)}<h2 id=models>Models</h2>{_models(document)}"
        f"<h2 id=problems>Problems</h2>{_problems(document)}</main></html>"
    )


def _operations(document: dict[str, Any]) -> str:
    by_tag: dict[str, list[str]] = {}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                tag = (item[method].get("tags") or ["other"])[0]
                by_tag.setdefault(tag, []).append(_operation(path, method, item[method]))
    return "".join(f"<h2>{escape(tag)}</h2>{''.join(made)}" for tag, made in sorted(by_tag.items()))


def _operation(path: str, method: str, said: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(p['name'])}</code><td>{escape(p['in'])}{' · required' if p.get('required') else ''}"
        f"<td>{_kind(p.get('schema', {}))}<td>{escape(p.get('description', ''))}"
        for p in said.get("parameters", [])
    )
    sent = "".join(
        f"<p>Body <code>{escape(media)}</code>: {_kind(content.get('schema', {}))}</p>"
        for media, content in said.get("requestBody", {}).get("content", {}).items()
    )
    answers = "".join(
        f"<tr><td>{escape(status)}<td>{escape(answer.get('description', ''))}<td>"
        + "".join(_kind(content.get("schema", {})) for content in answer.get("content", {}).values())
        for status, answer in said.get("responses", {}).items()
    )
    permission = said.get("x-permission")
    held = f' <span class="quiet">{escape(permission)}</span>' if permission else ' <span class="quiet">public</span>'
    return (
        f'<details><summary><b class="method">{method.upper()}</b><code>{escape(path)}</code> '
        f"{escape(said.get('summary', ''))}{held}</summary><p>{escape(said.get('description', ''))}</p>"
        f"<table>{rows}</table>{sent}<table>{answers}</table></details>"
    )


def _models(document: dict[str, Any]) -> str:
    made = []
    for name, model in sorted(document.get("components", {}).get("schemas", {}).items()):
        required = set(model.get("required", ()))
        rows = "".join(
            f"<tr><td><code>{escape(field)}</code><td>{_kind(schema)}{' · required' if field in required else ''}"
            f"<td>{escape(str(schema.get('description', '')))}"
            for field, schema in model.get("properties", {}).items()
        )
        label = f'<details id="{escape(name)}"><summary><code>{escape(name)}</code></summary>'
        made.append(f"{label}<table>{rows}</table></details>")

    return "".join(made)


def _problems(document: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(code)}</code><td>{kind['status']}<td>{escape(kind['title'])}<td>{escape(kind['do'])}"
        for code, kind in document.get("x-problems", {}).items()
    )
    return f"<table><tr><th>code<th>status<th>title<th>what to do{rows}</table>"


def _kind(schema: dict[str, Any]) -> str:
    if reference := schema.get("$ref"):
        name = escape(reference.rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(_kind(choice) for choice in choices)
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    if values := schema.get("enum"):
        return " | ".join(f"<code>{escape(str(value))}</code>" for value in values)
    return escape(" ".join(filter(None, (str(schema.get("type", "any")), schema.get("format", "")))))

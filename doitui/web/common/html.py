"""The few HTML pages the sandbox answers with."""

from __future__ import annotations

from html import escape

import falcon


def page(title: str, text: str) -> str:
    """A page with one heading and one paragraph, both escaped here."""
    return (
        f"<!DOCTYPE html>\n<html lang='en'><head><meta charset='utf-8'><title>{escape(title)}</title></head>\n"
        f"<body><h1>{escape(title)}</h1><p>{escape(text)}</p></body></html>\n"
    )


def answer_html(resp: falcon.Response, html: str) -> None:
    """Put `html` into `resp`."""
    resp.content_type = falcon.MEDIA_HTML
    resp.text = html

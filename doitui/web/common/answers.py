"""Bodies of answers: JSON:API, plain text and HTML."""

from __future__ import annotations

import json
from html import escape

import falcon

MEDIA_TYPE = "application/vnd.api+json; charset=utf-8"


def answer_json(resp: falcon.Response, body: object) -> None:
    """Answer with `body` as JSON:API."""
    resp.content_type = MEDIA_TYPE
    resp.data = json.dumps(body).encode()


def answer_text(resp: falcon.Response, text: str) -> None:
    """Answer with `text` as it is."""
    resp.content_type = falcon.MEDIA_TEXT
    resp.text = text


def answer_html(resp: falcon.Response, html: str) -> None:
    """Answer with the page `html`."""
    resp.content_type = falcon.MEDIA_HTML
    resp.text = html


def html_page(title: str, text: str) -> str:
    """A page with one heading and one paragraph, both escaped here."""
    return (
        f"<!DOCTYPE html>\n<html lang='en'><head><meta charset='utf-8'><title>{escape(title)}</title></head>\n"
        f"<body><h1>{escape(title)}</h1><p>{escape(text)}</p></body></html>\n"
    )

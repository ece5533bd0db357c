"""The conversation between kernel and page, declared once.

A message is a frozen dataclass: fields that travel as JSON, and arrays that travel as binary buffers. On the
wire it is one JSON object plus its buffers, little endian and C-contiguous, which ``buffers`` in the object
describes: name, dtype, shape. Row ids never travel as JSON numbers: they are int64 in buffers and decimal
strings in JSON.

``python -m scripts.page_messages`` writes the page's side of all of it, ``js/src/protocol/messages.ts``.
"""

from feder_widget.session.messages.declare import Array, Buffer, Request, RowId, encode
from feder_widget.session.messages.to_kernel import REQUESTS, QueryChoice
from feder_widget.session.messages.to_page import MESSAGES, Message

__all__ = ["MESSAGES", "REQUESTS", "Array", "Buffer", "Message", "QueryChoice", "Request", "RowId", "encode"]

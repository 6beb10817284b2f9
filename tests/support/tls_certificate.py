"""A certificate for localhost and 127.0.0.1 that no authority signed, valid for a hundred years; for tests only."""

from __future__ import annotations

import ssl
from pathlib import Path

__all__ = ["server_context", "write_certificate"]

_KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg+o4Eh3teRSVYJyDb
0Zi6MaWuWQXoE8j07EBXfYsewcWhRANCAAT3R9PA4WZqD9410w0ToAlgauF/SrKl
7th5inTmWOcrwpIPFh67hyd9wg6+Vg5Pg3CDQFmqynEGN7pvqaUP5jly
-----END PRIVATE KEY-----
"""

_CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUREng0R9CLg2VxgtTqESVC+bYmoYwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjE4NDU0M1oYDzIxMjYxMDI5
MTg0NTQzWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAT3R9PA4WZqD9410w0ToAlgauF/SrKl7th5inTmWOcrwpIPFh67hyd9
wg6+Vg5Pg3CDQFmqynEGN7pvqaUP5jlyo28wbTAdBgNVHQ4EFgQUrl7OrEZU8rJO
WVpzuK5OJCYSkkUwHwYDVR0jBBgwFoAUrl7OrEZU8rJOWVpzuK5OJCYSkkUwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIhAJgz1LBdT44QZq0pZ4QIhLJVty7iPYbQtxQImaX6jI2mAiAJ
yAry4r2y0FvynQK79E5IVyo6hWvtCj2EY6eq/XeSfg==
-----END CERTIFICATE-----
"""


def write_certificate(folder: Path) -> Path:
    """The certificate as a file, for `SSL_CERT_FILE`."""
    path = folder / "certificate.pem"
    path.write_text(_CERTIFICATE)
    return path


def server_context(folder: Path) -> ssl.SSLContext:
    """A server's context with the certificate and its key."""
    key = folder / "key.pem"
    key.write_text(_KEY)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(write_certificate(folder), key)
    return context

"""To be built."""

from flask import Blueprint

bp = Blueprint("organization", __name__)

"""To be built."""

from flask import Blueprint

bp = Blueprint("years", __name__)

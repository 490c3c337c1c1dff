"""``python -m enigma`` is the command ``enigma``."""

from .cli import main

raise SystemExit(main())

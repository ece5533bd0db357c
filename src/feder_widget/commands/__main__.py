"""``python -m feder_widget.commands`` is ``feder-widget``."""

from feder_widget.commands.command_line import main

raise SystemExit(main())

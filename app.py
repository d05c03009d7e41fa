"""Start the studio: settings from the environment, the studio, the page."""

import os

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ.setdefault("HF_HUB_OFFLINE", "1")

from studio.core.settings import Settings  # noqa: E402
from studio.service import Studio  # noqa: E402
from studio.ui.app import serve  # noqa: E402


def main() -> None:
    """Serve until interrupted."""
    serve(
        Studio(Settings.from_environment()),
        lambda address: print(f"Atelier is open at {address}", flush=True),  # noqa: T201
    )


if __name__ == "__main__":
    main()

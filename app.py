"""Start the studio: settings from the environment, the studio, the page. The file a Space runs."""

import contextlib
import os

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ.setdefault("HF_HUB_OFFLINE", "1")

from studio.core.settings import Settings
from studio.service import Studio
from studio.ui.app import serve


def main() -> None:
    """Serve until interrupted."""
    with contextlib.closing(Studio(Settings.from_environment())) as studio:
        serve(studio, lambda address: print(f"Atelier is open at {address}", flush=True))  # noqa: T201


if __name__ == "__main__":
    main()

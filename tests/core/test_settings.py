"""Settings come from the environment, once, and say which variable is wrong."""

from pathlib import Path

import pytest

from studio.core.errors import StudioError
from studio.core.settings import Settings


def test_an_empty_environment_gives_a_private_workstation():
    settings = Settings.from_environment({})
    assert settings == Settings()
    assert (settings.host, settings.port, settings.hosted) == ("127.0.0.1", 7860, False)


def test_empty_variables_count_as_unset():
    names = ["HOME", "HOST", "PORT", "MEMORY_GIB", "PICTURES_TOTAL", "MAX_MINUTES"]
    assert Settings.from_environment({f"STUDIO_{name}": "" for name in names}) == Settings()


def test_every_variable_is_read():
    settings = Settings.from_environment(
        {
            "STUDIO_HOME": "/pictures",
            "STUDIO_HOST": "192.0.2.7",
            "STUDIO_PORT": "8000",
            "STUDIO_DEVICE": "cuda:1",
            "STUDIO_DTYPE": "bfloat16",
            "STUDIO_MEMORY_GIB": "7.5",
            "STUDIO_PICTURES_PER_OWNER": "4",
            "STUDIO_PICTURES_TOTAL": "9",
            "STUDIO_STEPS_GIB": "0.5",
            "STUDIO_MAX_MINUTES": "2.5",
            "STUDIO_SHARED": "1",
        }
    )
    assert settings == Settings(
        home=Path("/pictures"),
        host="192.0.2.7",
        port=8000,
        device="cuda:1",
        dtype="bfloat16",
        memory_gib=7.5,
        pictures_per_owner=4,
        pictures_total=9,
        steps_gib=0.5,
        max_minutes=2.5,
        shared=True,
    )


def test_a_space_listens_to_all_and_limits_each():
    settings = Settings.from_environment({"SPACE_ID": "someone/atelier"})
    assert (settings.host, settings.hosted, settings.max_minutes) == ("0.0.0.0", True, 5.0)


def test_gradios_own_variables_are_honoured_after_ours():
    gradio = {"GRADIO_SERVER_NAME": "192.0.2.1", "GRADIO_SERVER_PORT": "9000"}
    settings = Settings.from_environment(gradio)
    assert (settings.host, settings.port) == ("192.0.2.1", 9000)
    settings = Settings.from_environment(gradio | {"STUDIO_PORT": "8000", "STUDIO_HOST": "::1"})
    assert (settings.host, settings.port) == ("::1", 8000)


@pytest.mark.parametrize("value", ["abc", "nan", "inf", "-1", "99999", "{0}", "8" * 500])
def test_a_port_that_is_none_is_refused_with_its_name(value):
    with pytest.raises(StudioError) as caught:
        Settings.from_environment({"STUDIO_PORT": value})
    assert str(caught.value).startswith("STUDIO_PORT must be a number from 0 to 65535, got ")
    assert len(str(caught.value)) < 120


def test_a_tilde_in_the_home_is_the_persons_folder():
    settings = Settings.from_environment({"STUDIO_HOME": "~/art"})
    assert settings.home == Path("~/art").expanduser()


@pytest.mark.parametrize(
    ("settings", "alone"),
    [
        (Settings(), True),
        (Settings(host="::1"), True),
        (Settings(host="0.0.0.0"), False),
        (Settings(host="192.0.2.7"), False),
        (Settings(hosted=True), False),
        (Settings(shared=True), False),
    ],
)
def test_a_workstation_is_what_nobody_else_can_reach(settings: Settings, alone: bool):
    assert settings.workstation is alone

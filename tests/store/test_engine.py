from store.engine import secrets


def test_what_is_secret_of_a_url() -> None:
    assert secrets("sqlite:///x") == []
    assert "a@b" in secrets("postgresql://u:a%40b@h/d")
    assert "c" in secrets("postgresql://h/d?password=c")
    assert secrets("no URL") == ["no URL"]

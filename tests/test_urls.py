import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadcast.editing import canonical, dedup_key
from broadcast.text.urls import host


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://Example.com:443/a?utm_source=rss&utm_medium=feed", "https://example.com/a"),
        ("http://example.com:80", "http://example.com/"),
        ("https://example.com:8443/a", "https://example.com:8443/a"),
        ("https://example.com/a#comments", "https://example.com/a"),
        ("https://example.com/#!/story/1", "https://example.com/#!/story/1"),
        ("https://example.com/%7Euser/%c3%a9", "https://example.com/~user/%C3%A9"),
        ("https://example.com/café bar", "https://example.com/caf%C3%A9%20bar"),
        ("https://example.com/a/../b/./c/", "https://example.com/b/c/"),
        ("https://example.com/../..", "https://example.com/"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://example.com./a", "https://example.com/a"),
        ("https://me:s3cret@example.com/a", "https://example.com/a"),
        ("https://example.com/a?b=2&a=1&fbclid=x", "https://example.com/a?b=2&a=1"),
        ("https://example.com/a?source=rss----1a2b---4", "https://example.com/a"),
        ("http://[2001:DB8::1]/a", "http://[2001:db8::1]/a"),
        ("javascript:alert(1)", ""),
        ("mailto:a@b.example", ""),
        ("/a", ""),
        ("http://[", ""),
        ("http://example.com:99999/", ""),
        ("", ""),
    ],
)
def test_an_address_has_one_spelling(url: str, expected: str) -> None:
    assert expected == canonical(url)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://example.com/a", "https://www.example.com/a/", True),
        ("https://m.example.com/story", "https://example.com/story/amp/", True),
        ("https://example.com/a?b=2&a=1", "https://example.com/a?a=1&b=2", True),
        ("https://example.com/a?ref=rss&at_medium=RSS", "https://example.com/a", True),
        ("https://example.com/a?partner=rss&emc=rss", "https://example.com/a", True),
        ("https://example.com/watch?v=abc&feature=share", "https://example.com/watch?v=abc", True),
        ("https://example.com/a?mc_cid=1&_ga=2.1", "https://example.com/a", True),
        ("https://example.com/", "https://example.com", True),
        ("https://example.com/a?id=1", "https://example.com/a?id=2", False),
        ("https://example.com/a?page=2", "https://example.com/a", False),
        ("https://example.com/A", "https://example.com/a", False),
        ("https://example.com/#!/1", "https://example.com/#!/2", False),
        ("https://m.com/a", "https://com/a", False),
        ("HTTPS://EXAMPLE.com/a", "https://example.com/a", True),
        ("https://example.com:443/a", "http://example.com:80/a", True),
        ("https://example.com/b/../a/./", "https://example.com/a", True),
        ("https://bücher.example/a", "https://xn--bcher-kva.example/a", True),
        ("https://example.com/%7ea%c3%a9", "https://example.com/~a%C3%A9", True),
        ("https://example.com/é", "https://example.com/%C3%A9", True),
        ("https://example.com/a?utm_source=x&UTM_Medium=y&gclid=z", "https://example.com/a", True),
        ("https://example.com/a?CMP=share&smid=tw-nytimes&smtyp=cur", "https://example.com/a", True),
        ("https://example.com/a?source=rss----1a2b---4", "https://example.com/a", True),
        ("https://example.com/a#comments", "https://example.com/a", True),
        ("https://amp.example.com/a.amp", "https://www.example.com/a", True),
        ("https://example.com/a?", "https://example.com/a", True),
        ("https://example.com/a?x=1&&y=2", "https://example.com/a?y=2&x=1", True),
        ("https://example.com./a", "https://example.com/a", True),
        ("https://me@example.com/a", "https://example.com/a", True),
        ("https://example.com/a?source=agency", "https://example.com/a", False),
        ("https://example.com/a?v=1&t=10", "https://example.com/a?v=1&t=20", False),
        ("https://example.com/a/b", "https://example.com/a%2Fb", False),
        ("https://news.example.com/a", "https://example.com/a", False),
        ("https://example.com/a.html", "https://example.com/a", False),
        ("https://example.com/a?tag=refs", "https://example.com/a", False),
        ("https://example.com:8080/a", "https://example.com/a", False),
    ],
)
def test_two_addresses_are_compared(one: str, other: str, same: bool) -> None:
    assert same == (dedup_key(one) == dedup_key(other))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.Example.com./a", "example.com"),
        ("https://m.example.com", "example.com"),
        ("https://user@example.com:8443/a", "example.com"),
        ("http://[::1]/", "::1"),
        ("http://[", ""),
        ("", ""),
        ("https://example.com/" + "a" * 200_000, "example.com"),
    ],
)
def test_the_host_of_an_address_says_whose_it_is(url: str, expected: str) -> None:
    assert expected == host(url)


def test_what_is_no_address_has_no_key() -> None:
    assert "" == dedup_key("") == dedup_key("tag:x.example,2026:1")


@given(st.text(), st.text())
def test_the_canonical_spelling_is_its_own(path: str, query: str) -> None:
    once = canonical(f"https://example.com/{path}?{query}")

    assert once == canonical(once)


WORDS = r"https:// http:// HTTP:// a.example A.example a.example:443 127.1 - me@ / // /a /. /.. /a.b a~b %41 %2f"
MORE = r"? q=1 &utm_source=x #f #!f é \ ' ) * [ | ."
PIECES = [*WORDS.split(), *MORE.split(), " "]


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_an_address_in_its_usual_spelling_is_left_as_the_long_way_would_leave_it(url: str) -> None:
    assert canonical(f" {url}") == canonical(url)  # with a space before it, it is looked at piece by piece

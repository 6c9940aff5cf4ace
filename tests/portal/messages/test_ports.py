"""Text messages and notifications: the embedded side and the real one keep the same promises."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpcore
import pytest

from config import _kept_secret
from core.outbox import TryLater
from portal.messages.outside_only import is_outside
from portal.messages.push import Device, EmbeddedPush, Notification, Push, WebPush
from portal.messages.sms import EmbeddedPhone, HttpSms, Sms
from portal.messages.undeliverable import Gone, Undeliverable
from tests.portal.messages.outside import Provider, PushService, serving

ADA, BO = "+13125550123", "+13125550124"
HELLO = Notification("Acorn may not be ready", "/inbox/1", "1")
BELL = {"title": "Acorn may not be ready", "url": "/inbox/1", "tag": "1"}


@dataclass
class Texts:
    """One side of the port, and what arrived behind it."""

    sms: Sms
    arrived: Callable[[], list[tuple[str, str]]]


@dataclass
class Bells:
    """One side of the port, a device of it, and what is shown there."""

    push: Push
    device: Callable[[str], Device]
    shown: Callable[[], list[dict[str, str]]]


@pytest.fixture
def provider() -> Iterator[Provider]:
    with serving(Provider()) as made:
        yield made


@pytest.fixture
def service(tmp_path: Path) -> Iterator[PushService]:
    with serving(PushService(), tmp_path) as made:
        yield made


@pytest.fixture(params=["embedded", "http"])
def texts(request: Any, tmp_path: Path) -> Texts:
    if request.param == "embedded":
        phone = EmbeddedPhone(tmp_path / "phone")
        return Texts(phone, lambda: [(item.to, item.words) for item in phone.texts()])
    made: Provider = request.getfixturevalue("provider")
    return Texts(HttpSms(f"{made.url}/v1/messages", made.token, "Roundtrip"), lambda: made.texts)


def web_push(tmp_path: Path, **more: Any) -> WebPush:
    trust = ssl.create_default_context(cafile=str(tmp_path / "localhost.pem"))
    return WebPush(_kept_secret(tmp_path, "vapid_private_key"), "mailto:ops@cars.example", trust=trust, **more)


@pytest.fixture(params=["embedded", "web"])
def bells(request: Any, tmp_path: Path) -> Bells:
    if request.param == "embedded":
        tray = EmbeddedPush(tmp_path / "push")
        return Bells(tray, lambda name: Device(f"embedded:{name}", "", ""),
                     lambda: [json.loads(one.words) for one in tray.shown()])
    made: PushService = request.getfixturevalue("service")
    return Bells(web_push(tmp_path, may_reach=lambda _address: True), made.browser, lambda: made.shown)


# Text messages, whoever carries them.

def test_a_text_arrives_and_has_a_name(texts):
    assert texts.sms.send(ADA, "Acorn may not be ready", once="sms-1")
    assert texts.arrived() == [(ADA, "Acorn may not be ready")]


def test_a_text_with_the_same_once_is_sent_once_whoever_asks(texts):
    threads = [threading.Thread(target=texts.sms.send, args=(ADA, "Hello"), kwargs={"once": "sms-1"}) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert texts.arrived() == [(ADA, "Hello")]
    texts.sms.send(BO, "Hello", once="sms-2")
    assert sorted(texts.arrived()) == [(ADA, "Hello"), (BO, "Hello")]


def test_a_number_that_is_none_is_never_taken(texts):
    with pytest.raises(Undeliverable):
        texts.sms.send("+1", "Hello", once="sms-1")
    assert texts.arrived() == []


# Text messages over HTTP.

@pytest.mark.parametrize(("status", "says"), [
    (500, TryLater), (503, TryLater), (429, TryLater), (409, TryLater), (401, TryLater), (403, TryLater),
    (400, Undeliverable), (404, Undeliverable), (422, Undeliverable), (302, Undeliverable)])
def test_what_a_provider_answers_is_tried_again_or_given_up(provider, status, says):
    provider.answers = [status]
    sms = HttpSms(provider.url, provider.token, "Roundtrip")
    with pytest.raises(says):
        sms.send(ADA, "Hello", once="sms-1")
    sms.send(ADA, "Hello", once="sms-1")
    assert (provider.asked, provider.texts) == (["sms-1", "sms-1"], [(ADA, "Hello")])


def test_a_provider_with_another_token_takes_nothing_and_one_that_is_not_there_is_asked_later(provider, free_port):
    with pytest.raises(TryLater, match="401"):
        HttpSms(provider.url, "wrong", "Roundtrip").send(ADA, "Hello", once="sms-1")
    assert provider.texts == []
    with pytest.raises(TryLater, match="ConnectError"):
        HttpSms(f"http://127.0.0.1:{free_port}", "right", "Roundtrip").send(ADA, "Hello", once="sms-1")


# Notifications, whoever carries them.

def test_a_notification_is_shown_on_its_device_in_clear(bells):
    bells.push.send(bells.device("one"), HELLO, urgent=True, once="1")
    assert bells.shown() == [BELL]


def test_a_notification_sent_again_is_shown_once(bells):
    device = bells.device("one")
    for _ in range(3):
        bells.push.send(device, HELLO, urgent=False, once="1")
    assert bells.shown() == [BELL]
    bells.push.send(device, replace(HELLO, tag="2"), urgent=False, once="2")
    assert len(bells.shown()) == 2


# Web Push.

def test_a_push_service_is_told_who_we_are_for_how_long_and_how_urgent_it_is_and_nothing_in_clear(service, tmp_path):
    push, device = web_push(tmp_path, may_reach=lambda _address: True), service.browser()
    push.send(device, HELLO, urgent=True, once="1")
    push.send(device, HELLO, urgent=False, once="1")
    urgent, calm = service.headers
    assert (urgent["urgency"], calm["urgency"], urgent["content-encoding"]) == ("high", "normal", "aes128gcm")
    assert (urgent["topic"], len(urgent["topic"])) == (calm["topic"], 32)
    assert 0 < int(urgent["ttl"]) <= 24 * 3600
    assert urgent["authorization"].endswith(f",k={push.public_key}")


@pytest.mark.parametrize(("status", "says"), [
    (404, Gone), (410, Gone), (429, TryLater), (500, TryLater), (503, TryLater), (400, Undeliverable), (403, Undeliverable),
    (413, Undeliverable), (301, Undeliverable), (307, Undeliverable)])
def test_what_a_push_service_answers_is_tried_again_given_up_or_forgotten(service, tmp_path, status, says):
    service.answers = [status]
    with pytest.raises(says) as raised:
        web_push(tmp_path, may_reach=lambda _address: True).send(service.browser(), HELLO, urgent=False, once="1")
    assert type(raised.value) is says
    assert len(service.headers) == 1, "no way elsewhere is followed"


@pytest.mark.check("ssrf")
def test_an_address_in_our_own_network_is_never_asked(service, tmp_path):
    with pytest.raises(Undeliverable, match="private address"):
        web_push(tmp_path).send(service.browser(), HELLO, urgent=False, once="1")
    assert service.headers == []


@pytest.mark.check("ssrf")
def test_a_name_that_leads_into_our_network_the_second_time_gains_nothing(service, tmp_path, monkeypatch):
    looked = []

    def public_first(host: str, port: int, **_: Any) -> list[Any]:
        looked.append(host)
        address = "93.184.215.14" if len(looked) == 1 else "127.0.0.1"
        return [(2, 1, 6, "", (address, port))]

    def no_line(host: str, *_: Any) -> Any:
        connected.append(host)
        raise httpcore.ConnectError("a test has no line to the outside")

    connected: list[str] = []
    push = web_push(tmp_path)
    backend = push._pool._network_backend
    monkeypatch.setattr("portal.messages.outside_only.socket.getaddrinfo", public_first)
    monkeypatch.setattr(backend._plain, "connect_tcp", no_line)
    with pytest.raises(TryLater):
        push.send(service.browser(), HELLO, urgent=False, once="1")
    assert (looked, connected) == (["localhost"], ["93.184.215.14"])
    with pytest.raises(Undeliverable, match="private address"):
        push.send(service.browser(), HELLO, urgent=False, once="1")
    assert connected == ["93.184.215.14"]


def test_a_push_service_with_a_foreign_certificate_is_not_trusted(service, tmp_path):
    push = WebPush(_kept_secret(tmp_path, "vapid_private_key"), "mailto:ops@cars.example", may_reach=lambda _address: True)
    with pytest.raises(TryLater, match="ConnectError"):
        push.send(service.browser(), HELLO, urgent=False, once="1")
    assert service.headers == []


@pytest.mark.parametrize("broken", [{"endpoint": "http://localhost/one"}, {"p256dh": "AAAA"}, {"auth": "%%%"}, {"p256dh": ""}])
def test_a_device_that_is_none_is_never_asked(service, tmp_path, broken):
    with pytest.raises(Undeliverable):
        web_push(tmp_path, may_reach=lambda _address: True).send(
            replace(service.browser(), **broken), HELLO, urgent=False, once="1")
    assert service.headers == []


@pytest.mark.parametrize(("address", "outside"), [
    ("93.184.215.14", True), ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
    ("127.0.0.1", False), ("10.1.2.3", False), ("172.16.0.1", False), ("192.168.1.1", False), ("169.254.169.254", False),
    ("100.64.0.1", False), ("0.0.0.0", False), ("224.0.0.1", False), ("255.255.255.255", False),  # noqa: S104 - a wrong address
    ("::1", False), ("fe80::1", False), ("fd00::1", False), ("::ffff:127.0.0.1", False),
    ("::ffff:93.184.215.14", False), ("2002:7f00:1::", False),
    ("64:ff9b::7f00:1", False), ("::", False), ("ff02::1", False),
])
def test_only_the_public_internet_is_outside(address, outside):
    assert is_outside(ip_address(address)) is outside


def test_what_lies_in_a_tray_says_when_it_came(tmp_path):
    phone = EmbeddedPhone(tmp_path)
    phone.send(ADA, "Hello", once="1")
    (item,) = phone.texts()
    assert abs((datetime.now(UTC) - item.at).total_seconds()) < 60
    phone.empty()
    assert phone.texts() == []

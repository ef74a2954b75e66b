import ssl
import subprocess
import uuid

import pytest

pytest.register_assert_rewrite("api", "contract", "data_dir", "raw", "server", "ws")

from api import Api
from driver import Driver
from server import Server, init, kill_leftovers, run_json


def pytest_configure(config):
    """Python before 3.11.5 may fail to parse the sources of a long traceback, which ends the whole
    run ("AST constructor recursion depth mismatch"). Native tracebacks parse next to nothing."""
    config.option.tbstyle = "native"


def pytest_sessionfinish():
    kill_leftovers()


class Fleet:
    """A running server and ways to get keys for it."""

    def __init__(self, data_dir, **options):
        self.data_dir = data_dir
        self.first = init(data_dir)
        self.server = Server(data_dir, **options)
        self.opened = []

    def url(self, scheme="http"):
        return f"{scheme}://{self.server.host}:{self.server.port}"

    def api(self, key=None):
        client = Api(self.url(), key)
        self.opened.append(client)
        return client

    def organization(self):
        """The API of a new organization, empty, with all scopes."""
        made = run_json("org", "create", "--data-dir", self.data_dir, "--name", f"org {uuid.uuid4()}")
        api = self.api(made["api_key"])
        api.organization_id = made["organization_id"]
        return api

    def key(self, organization_id, *scopes):
        words = ["--scopes", ",".join(scopes)] if scopes else []
        return run_json("key", "create", "--data-dir", self.data_dir, "--org", organization_id, *words)

    def scoped(self, organization_id, *scopes):
        return self.api(self.key(organization_id, *scopes)["api_key"])

    def close(self):
        for client in self.opened:
            client.client.close()


@pytest.fixture(scope="module")
def server_config(request):
    """A module may set SERVER_CONFIG to lines of the configuration file."""
    return getattr(request.module, "SERVER_CONFIG", {})


@pytest.fixture(scope="module")
def fleet(tmp_path_factory, server_config):
    """One server a module."""
    made = Fleet(tmp_path_factory.mktemp("fleet") / "data", config=server_config)
    with made.server:
        yield made
        made.close()


@pytest.fixture
def api(fleet):
    """A new organization's API for each test."""
    return fleet.organization()


@pytest.fixture
def other(fleet):
    """Another organization's."""
    return fleet.organization()


@pytest.fixture
def join(fleet):
    """Starts fake drivers and sees to it that they end."""
    drivers = []

    def start(api, **options):
        driver = Driver(fleet.url("ws"), api.key, **options)
        drivers.append(driver)
        return driver.start()

    yield start
    for driver in drivers:
        driver.stop()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """(certificate file, key file, a client's context that trusts it)."""
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", key, "-out", cert],
        check=True, capture_output=True,
    )  # fmt: skip
    return cert, key, ssl.create_default_context(cafile=cert)

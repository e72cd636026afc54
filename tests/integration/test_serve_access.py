"""Who may do what: tokens, JWTs, TLS; and that nothing is open to everybody by accident."""

from __future__ import annotations

import http.server
import json
import os
import ssl
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_address

import httpx
import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from provender.testing.processes import run
from servers.feature_server import PROVENDER, feature_server
from servers.served_project import make_project
from servers.threads import served_by_threads

READ = ("POST", "/get-online-features")
WRITE = ("POST", "/push")
ADMIN = ("POST", "/materialize-incremental")
BODIES = {
    READ: {"features": ["driver_stats"], "entities": {"driver_id": [1]}},
    WRITE: {"push_source_name": "driver_pushes", "df": {"driver_id": []}},
    ADMIN: {"end_ts": "2020-01-01T00:00:00"},
}
TOKENS = {
    "PROVENDER_SERVER_READ_TOKEN": "read-" + "a" * 20,
    "PROVENDER_SERVER_WRITE_TOKEN": "write-" + "b" * 20,
    "PROVENDER_SERVER_TOKEN": "admin-" + "c" * 20,
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    path = tmp_path_factory.mktemp("access")
    make_project(path).close()
    return path


def codes(client, token):
    """Return the codes of reading, writing and managing with a token."""
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    asked = (client.request(*way, json=BODIES[way], headers=headers) for way in BODIES)
    return [answer.status_code for answer in asked]


def test_the_tokens_of_the_environment_have_scopes(project):
    with feature_server(project, env=TOKENS) as server, server.client() as client:
        assert codes(client, None) == [401, 401, 401]
        assert codes(client, "wrong-" + "d" * 20) == [401, 401, 401]
        read, write, admin = TOKENS.values()
        assert codes(client, read) == [200, 403, 403]
        assert codes(client, write) == [200, 200, 403]
        assert codes(client, admin) == [200, 200, 202]
        bearer = {"authorization": f"Bearer {write}"}
        assert client.post("/rebuild", json={}, headers=bearer).status_code == 403
        answer = client.post("/push", json=BODIES[WRITE])
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["error"]["type"] == "Unauthenticated"
        assert client.get("/health").status_code == client.get("/ready").status_code == 200
        assert client.get("/metrics").status_code == 401
        basic = {"authorization": "Basic " + "c" * 20}
        assert client.post("/push", json=BODIES[WRITE], headers=basic).status_code == 401


class Issuer:
    """Signs tokens."""

    def __init__(self, key_id="first"):
        self.key_id = key_id
        self.key = ec.generate_private_key(ec.SECP256R1())

    def jwk(self):
        public = jwt.algorithms.ECAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {**public, "kid": self.key_id, "use": "sig", "alg": "ES256"}

    def token(self, *, key=None, **claims):
        whole = {
            "iss": "https://login.example",
            "aud": "features",
            "exp": datetime.now(UTC) + timedelta(minutes=5),
            **claims,
        }
        whole = {name: value for name, value in whole.items() if value is not None}
        return jwt.encode(whole, key or self.key, "ES256", headers={"kid": self.key_id})


def test_signed_tokens_are_checked_against_the_keys_of_their_issuer(tmp_path):
    issuer, other = Issuer(), Issuer("second")
    settings = {
        "issuer": "https://login.example",
        "audience": "features",
        "jwks": "keys.json",
        "algorithms": ["ES256"],
        "scopes": {"admin": "feature-admin"},
    }
    make_project(tmp_path, server={"jwt": settings}).close()
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [issuer.jwk()]}))
    past = datetime.now(UTC) - timedelta(minutes=5)
    with feature_server(tmp_path) as server, server.client() as client:
        assert codes(client, None) == [401, 401, 401]
        assert codes(client, issuer.token(scope="openid provender:read")) == [200, 403, 403]
        assert codes(client, issuer.token(scope="provender:write")) == [200, 200, 403]
        assert codes(client, issuer.token(scope=["feature-admin"])) == [200, 200, 202]
        for wrong in (
            issuer.token(scope="feature-admin", exp=past),
            issuer.token(scope="feature-admin", exp=None),
            issuer.token(scope="feature-admin", aud="others"),
            issuer.token(scope="feature-admin", iss="https://other.example"),
            issuer.token(scope="feature-admin", key=other.key),
            issuer.token(scope="provender:admin"),
            issuer.token(),
            other.token(scope="feature-admin"),
            jwt.encode({"scope": "feature-admin"}, None, "none"),
            jwt.encode({"scope": "feature-admin"}, "x" * 32, "HS256"),
            "no.token.at-all",
        ):
            assert codes(client, wrong) == [401, 401, 401]


@contextmanager
def published(folder):
    """Serve the files of a folder, as an issuer publishes its keys."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    with served_by_threads(partial(Quiet, directory=str(folder))) as url:
        yield url


def test_keys_that_are_published_and_environment_tokens_beside_them(tmp_path):
    issuer = Issuer()
    keys = tmp_path / "keys"
    keys.mkdir()
    (keys / "jwks").write_text(json.dumps({"keys": [issuer.jwk()]}))
    with published(keys) as url:
        settings = {"issuer": "https://login.example", "audience": "features"}
        settings["jwks"] = f"{url}/jwks"
        make_project(tmp_path / "repo", server={"jwt": settings}).close()
        with feature_server(tmp_path / "repo", env=TOKENS) as server, server.client() as client:
            assert codes(client, issuer.token(scope="provender:write")) == [200, 200, 403]
            assert codes(client, TOKENS["PROVENDER_SERVER_TOKEN"]) == [200, 200, 202]
            assert codes(client, Issuer().token(scope="provender:write")) == [401, 401, 401]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Return a certificate of 127.0.0.1 and its key, as files."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(alternative, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "key.pem").write_bytes(secret)
    (folder / "cert.pem").write_bytes(built.public_bytes(serialization.Encoding.PEM))
    return folder / "cert.pem", folder / "key.pem"


def test_https_also_with_client_certificates(project, certificate):
    cert, key = map(str, certificate)
    trusting = ssl.create_default_context(cafile=cert)
    known = ssl.create_default_context(cafile=cert)
    known.load_cert_chain(cert, key)
    options = ("--tls-cert", cert, "--tls-key", key)
    demanding = (*options, "--tls-client-ca", cert)
    with (
        feature_server(project, *options, scheme="https", verify=trusting) as server,
        server.client(verify=trusting) as client,
    ):
        assert codes(client, None)[0] == 200
    with (
        feature_server(project, *demanding, scheme="https", verify=known) as server,
        server.client(verify=known) as client,
        server.client(verify=trusting) as stranger,
    ):
        assert codes(client, None)[0] == 200
        with pytest.raises(httpx.TransportError):
            stranger.get("/health")


def refused(project, *options, env=None):
    """Return what the server says when it does not start."""
    command = [PROVENDER, "--config", project / "feature_store.yaml", "serve", *options]
    return run(command, env={**os.environ, **(env or {})}, code=1).stderr


def test_it_is_not_open_to_everybody_by_accident(project):
    told = refused(project, "--host", "0.0.0.0")  # noqa: S104 - it does not
    assert "open to everybody" in told
    assert "PROVENDER_SERVER_TOKEN" in told
    assert "Traceback" not in told
    # written like this, an address is not known to be this machine's own
    with feature_server(project, "--host", "127.1", env=TOKENS) as server:
        assert "without TLS" in server.log.read_text()
    with feature_server(project, "--host", "127.1", "--insecure"):
        pass


def test_on_loopback_without_tokens_only_loopback_names_are_served(project):
    def asked(client, way, host):
        answer = client.request(*way, json=BODIES.get(way), headers={"host": host})
        return answer.status_code, answer.json()

    ways = [READ, WRITE, ("GET", "/openapi.json"), ("GET", "/health"), ("GET", "/nothing")]
    with feature_server(project) as server, server.client() as client:
        for way in ways:
            status, answer = asked(client, way, "evil.example:6566")
            (problem,) = answer["error"]["problems"]
            assert (status, answer["error"]["type"]) == (421, "WrongHost")
            assert problem["got"] == "evil.example:6566"
            assert "server.allowed_hosts" in problem["fix"]
            for host in ("localhost", "[::1]:1", "127.0.0.1:80"):
                assert asked(client, way, host)[0] != 421
    with feature_server(project, env=TOKENS) as server, server.client() as client:
        assert asked(client, ("GET", "/health"), "features.example")[0] == 200


@pytest.mark.parametrize(
    ("options", "env", "told"),
    [
        (("--tls-cert", "nothing.pem"), {}, "no such file"),
        (("--tls-cert", __file__), {}, "go together"),
        ((), {"PROVENDER_SERVER_TOKEN": "short"}, "too short"),
    ],
)
def test_what_is_misconfigured_is_told_before_anything_listens(project, options, env, told):
    assert told in refused(project, *options, env=env)


def test_without_its_extra_the_command_says_how_to_get_it(project):
    script = (
        "import sys; sys.modules['uvicorn'] = None\n"
        "from provender.cli.run import run\n"
        "sys.exit(run(['serve']))"
    )
    done = run([sys.executable, "-c", script], cwd=project, code=1)
    assert "pip install 'provender[server]'" in done.stderr
    assert "Traceback" not in done.stderr

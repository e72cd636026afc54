"""Files with credentials of every type: tokens are asked for where and as the files say."""

from __future__ import annotations

import base64
import json
import sys
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, unquote

import pytest

pytest.importorskip("google.auth", reason="google-auth is not installed")

from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request
from requests import Session

from provender.errors import ConfigError, StoreError
from provender.plugin import PluginContext
from provender_gcp.configuration import FirestoreConfig, cloud
from provender_gcp.credentials import credentials
from provender_gcp.errors import google_errors
from servers.threads import served_by_threads

AUDIENCE = "//iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/p/providers/q"
ACCOUNT = "features@shop.iam.gserviceaccount.com"
JWT = "urn:ietf:params:oauth:token-type:jwt"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105 - a kind of token
AWS = "urn:ietf:params:aws:token-type:aws4_request"
USER = {"client_id": "id", "client_secret": "s3cret", "refresh_token": "again"}
PLATFORM = "https://www.googleapis.com/auth/cloud-platform"
IAM = "https://www.googleapis.com/auth/iam"  # enough to act as a service account
ALLOW = "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES"


class TokenService(BaseHTTPRequestHandler):
    """Google's Security Token Service and IAM Credentials API, as far as these files use them.

    https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token
    https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken
    """

    def do_GET(self):
        if self.path != "/subject" or self.headers["x-want"] != "token":
            return self._answer(404, {})
        return self._answer(200, {"jwt": "from-the-url"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        if self.path == "/v1/token":
            return self._exchange({name: one for name, (one,) in parse_qs(body).items()})
        if self.path == "/v1/oauthtoken":
            basic = base64.b64encode(b"id:s3cret").decode()
            wanted = {"grant_type": ["refresh_token"], "refresh_token": ["again"]}
            right = self.headers["authorization"] == f"Basic {basic}" and parse_qs(body) == wanted
            return self._token("of-a-workforce-user") if right else self._answer(401, {})
        if self.path == f"/v1/projects/-/serviceAccounts/{ACCOUNT}:generateAccessToken":
            if json.loads(body)["scope"] != [PLATFORM]:
                return self._answer(403, {})
            subject = self.headers["authorization"].removeprefix("Bearer ")
            until = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
            made = {"accessToken": f"{ACCOUNT} for {subject}", "expireTime": until}
            return self._answer(200, made)
        return self._answer(404, {})

    def _exchange(self, asked):
        wanted = {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "audience": AUDIENCE,
        }
        right = {name: asked.get(name) for name in wanted} == wanted
        if not right or asked["scope"] not in (PLATFORM, IAM):
            return self._answer(400, {"error": "invalid_request", "error_description": str(asked)})
        subject = asked["subject_token"]
        if asked["subject_token_type"] == AWS:
            signed = json.loads(unquote(subject))
            headers = {one["key"].lower(): one["value"] for one in signed["headers"]}
            assert headers["x-goog-cloud-target-resource"] == AUDIENCE
            subject = headers["authorization"].split("Credential=")[1].split("/")[0]
        return self._token(subject)

    def _token(self, token):
        kind = "urn:ietf:params:oauth:token-type:access_token"
        made = {"access_token": token, "issued_token_type": kind, "token_type": "Bearer"}
        self._answer(200, {**made, "expires_in": 3600})

    def _answer(self, status, content):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Print nothing."""


@pytest.fixture(scope="module")
def service():
    with served_by_threads(TokenService) as address:
        yield address


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Return what a file with some content gives: credentials, and the project."""
    monkeypatch.delenv("GOOGLE_CLOUD_PROJECT", raising=False)

    def read(content, project="shop"):
        (tmp_path / "key.json").write_text(json.dumps(content))
        context = PluginContext("shop", tmp_path)
        settings = FirestoreConfig(credentials_file="key.json", project_id=project)
        return credentials(cloud(settings, context), emulator=False)

    return read


def external(service, source, kind=JWT, **more):
    return {
        "type": "external_account",
        "audience": AUDIENCE,
        "subject_token_type": kind,
        "token_url": f"{service}/v1/token",
        "credential_source": source,
        **more,
    }


def renewed(found):
    with Session() as session:
        found.refresh(Request(session))
    return found.token


@pytest.fixture
def command(tmp_path):
    """A command that prints a token in the form that Google wants."""
    answer = {"version": 1, "success": True, "token_type": ID_TOKEN, "id_token": "from-the-command"}
    (tmp_path / "answer.json").write_text(json.dumps(answer))
    code = "print(open('answer.json').read())"
    (tmp_path / "token.py").write_text(code.replace("answer.json", str(tmp_path / "answer.json")))
    return f"{sys.executable} {tmp_path / 'token.py'}"


def test_the_token_of_a_workload_comes_from_a_file(read, service, tmp_path):
    (tmp_path / "subject").write_text("from-the-file")
    found, project = read(external(service, {"file": str(tmp_path / "subject")}))
    assert (renewed(found), project) == ("from-the-file", "shop")


def test_the_token_of_a_workload_comes_from_an_address(read, service):
    form = {"type": "json", "subject_token_field_name": "jwt"}
    source = {"url": f"{service}/subject", "headers": {"x-want": "token"}, "format": form}
    assert renewed(read(external(service, source))[0]) == "from-the-url"


def test_the_token_of_a_workload_comes_from_a_command(read, service, command, monkeypatch):
    monkeypatch.setenv(ALLOW, "1")
    source = {"executable": {"command": command, "timeout_millis": 5000}}
    assert renewed(read(external(service, source, ID_TOKEN))[0]) == "from-the-command"


def test_a_command_runs_only_where_it_is_allowed(read, service, command, monkeypatch):
    monkeypatch.delenv(ALLOW, raising=False)
    source = {"executable": {"command": command, "timeout_millis": 5000}}
    found, _ = read(external(service, source, ID_TOKEN))
    with pytest.raises(StoreError) as caught, google_errors(StoreError, "Firestore"):
        renewed(found)
    assert f"fix: set {ALLOW}=1" in str(caught.value)


def test_the_token_of_a_workload_is_signed_with_the_keys_of_aws(read, service, monkeypatch):
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAFEATURES",
        "AWS_SECRET_ACCESS_KEY": "s3cret",
        "AWS_REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(name, value)
    regional = "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15"
    source = {"environment_id": "aws1", "regional_cred_verification_url": regional}
    assert renewed(read(external(service, source, AWS))[0]) == "AKIAFEATURES"


def test_a_workload_acts_as_a_service_account(read, service, tmp_path):
    (tmp_path / "subject").write_text("from-the-file")
    url = f"{service}/v1/projects/-/serviceAccounts/{ACCOUNT}:generateAccessToken"
    source = {"file": str(tmp_path / "subject")}
    found, _ = read(external(service, source, service_account_impersonation_url=url))
    assert renewed(found) == f"{ACCOUNT} for from-the-file"
    assert found.service_account_email == ACCOUNT


def test_a_user_of_a_workforce(read, service):
    content = {
        "type": "external_account_authorized_user",
        "audience": AUDIENCE,
        "token_url": f"{service}/v1/oauthtoken",
        "token_info_url": f"{service}/v1/introspect",
        **USER,
    }
    assert renewed(read(content)[0]) == "of-a-workforce-user"


class Told:
    """What google-auth's transports give for one answer."""

    status = 200
    headers: dict[str, str] = {}  # noqa: RUF012 - nobody changes it

    def __init__(self, content):
        self.data = json.dumps(content).encode()


def test_a_user_acts_as_a_service_account(read):
    host = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts"
    found, _ = read(
        {
            "type": "impersonated_service_account",
            "source_credentials": {"type": "authorized_user", **USER},
            "service_account_impersonation_url": f"{host}/{ACCOUNT}:generateAccessToken",
            "delegates": ["between@shop.iam.gserviceaccount.com"],
        }
    )
    asked = {}

    def request(url, method="GET", body=None, headers=None, **kwargs):
        asked[url] = body if isinstance(body, str) else body.decode()
        if url.startswith("https://oauth2.googleapis.com/"):
            return Told({"access_token": "of-the-user", "expires_in": 3600})
        until = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        subject = {name.lower(): one for name, one in headers.items()}["authorization"]
        return Told({"accessToken": f"{ACCOUNT} for {subject}", "expireTime": until})

    found.refresh(request)
    assert found.token == f"{ACCOUNT} for Bearer of-the-user"
    sent = json.loads(asked[f"{host}/{ACCOUNT}:generateAccessToken"])
    assert sent["scope"] == [PLATFORM]
    assert sent["delegates"] == ["between@shop.iam.gserviceaccount.com"]


@pytest.mark.parametrize(
    "content",
    [
        {"type": "impersonated_service_account"},
        {
            "type": "impersonated_service_account",
            "source_credentials": {"type": "service_account"},
            "service_account_impersonation_url": "x",
        },
        {"type": "external_account"},
        {"type": "external_account", "audience": AUDIENCE, "credential_source": "a text"},
        {"type": "external_account", "audience": AUDIENCE, "credential_source": {"moon": 1}},
        {"type": "external_account", "subject_token_type": AWS, "credential_source": {}},
        {"type": "external_account_authorized_user"},
        {"type": "service_account"},
        {"type": "gdch_service_account"},
        {"type": ["external_account"]},
    ],
)
def test_a_file_that_is_not_whole_is_told(read, content):
    with pytest.raises(ConfigError, match=r"(?s)no credentials.*key\.json") as caught:
        read(content)
    assert caught.value.problems[0].fix.startswith("fix or replace")


def test_the_project_is_that_of_the_file_or_of_the_environment(read, service, monkeypatch):
    content = external(service, {"file": "/nowhere"})
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "of-the-environment")
    assert read(content, None)[1] == "of-the-environment"
    assert read({**content, "project_id": "of-the-file"}, None)[1] == "of-the-file"
    assert read(content)[1] == "shop"


def test_a_workload_is_asked_for_its_project_where_none_is_named(read, service):
    """That needs a token first, and so shows at once what is wrong."""
    with pytest.raises(
        ConfigError, match=r"(?s)no credentials.*'/nowhere' was not found"
    ) as caught:
        read(external(service, {"file": "/nowhere"}), None)
    assert isinstance(caught.value.__cause__, GoogleAuthError)

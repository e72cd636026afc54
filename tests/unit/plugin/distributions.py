"""Small real distributions, built as wheels and installed into a directory of their own."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from provender.testing.processes import run

METADATA = """Metadata-Version: 2.3
Name: {name}
Version: {version}
Provides-Extra: sdk
"""
WHEEL = """Wheel-Version: 1.0
Generator: tests
Root-Is-Purelib: true
Tag: py3-none-any
"""
VERSION = "1.2.3"

GOOD = """
from provender.plugin import OnlineStore, ProviderInfo, StoreConfig, StoreType, hookimpl


class GoodConfig(StoreConfig):
    size: int = 3


info = ProviderInfo("good", stores={"online": (StoreType("memory", GoodConfig),)})


@hookimpl
def provender_online_store(config, context):
    if not isinstance(config, GoodConfig):
        return None
    from provender_good.memory import MemoryStore

    return MemoryStore(config.size)


@hookimpl
def provender_commands():
    import click

    @click.command("hello")
    def hello():
        click.echo("hello from good")

    return [hello]
"""

MEMORY = """
from provender.plugin import OnlineStore


class MemoryStore(OnlineStore):
    def __init__(self, size):
        self.size = size
        self.rows = {}

    def prepare(self, tables): ...

    def drop(self, tables): ...

    def write(self, table, rows):
        for row in rows:
            held = self.rows.get((table.name, row[0]))
            if held is None or row[1:3] >= held[1:3]:
                self.rows[table.name, row[0]] = row

    def read(self, table, keys):
        return [self.rows.get((table.name, key)) for key in keys]
"""

WRAPPER = """
from provender.plugin import hookimpl


class Counting:
    def __init__(self, store):
        self.store = store
        self.reads = 0

    def read(self, table, keys):
        self.reads += 1
        return self.store.read(table, keys)

    def __getattr__(self, name):
        return getattr(self.store, name)


@hookimpl(wrapper=True)
def provender_online_store(config, context):
    store = yield
    return Counting(store)
"""

SDK = """
from provender.plugin import ProviderInfo, StoreConfig, StoreType, hookimpl

info = ProviderInfo(
    "cloudy",
    stores={"online": (StoreType("sky", StoreConfig),)},
    sources={"sky": "provender_cloudy.source:SkySource"},
    extra="sdk",
    distribution="provender-cloudy",
    requires=("cloudy_sdk",),
)


@hookimpl
def provender_online_store(config, context):
    import cloudy_sdk.client
"""

EAGER = """
from provender.plugin import ProviderInfo, StoreConfig, StoreType

info = ProviderInfo(
    "eager",
    stores={"online": (StoreType("wind", StoreConfig),)},
    extra="sdk",
    distribution="provender-eager",
    requires=("eager_sdk.inner",),
)

import eager_sdk
"""

READING = """
from provender.plugin import ProviderInfo

info = ProviderInfo(
    "reading",
    sources={
        "good": "provender_reading.source:GoodSource",
        "absent": "provender_reading.source:AbsentSource",
        "plain": "provender_reading.source:PLAIN",
        "lost": "provender_reading.nowhere:Source",
        "sdk": "provender_reading.with_sdk:Source",
    },
    extra="sdk",
    distribution="provender-reading",
    requires=("reading_sdk",),
)
"""

READING_SOURCE = """
from provender.definitions import FileSource


class GoodSource(FileSource):
    kind = "good"


PLAIN = 3
"""

BOTH = """
from provender.plugin import ProviderInfo, hookimpl

info = ProviderInfo("both")


@hookimpl
def provender_commands():
    return ["once"]
"""

LEAVING = """
from provender.plugin import ProviderInfo, StoreConfig, StoreType, hookimpl
from provender.errors import StoreError

info = ProviderInfo(
    "leaving",
    stores={
        "online": (StoreType("exit", StoreConfig),),
        "registry": (StoreType("told", StoreConfig),),
    },
)


@hookimpl
def provender_online_store(config, context):
    raise SystemExit(3)


@hookimpl
def provender_registry(config, context):
    raise StoreError("the cluster sleeps")
"""

OTHER_API = """
from provender.plugin import ProviderInfo

info = ProviderInfo("ancient", api_version=0)
"""

NEWER_API = """
from provender.plugin import ProviderInfo

info = ProviderInfo("newer", api_version=(900, 901))
"""

SUPPORTED_API = """
from provender.plugin import ProviderInfo

info = ProviderInfo("{name}", api_version={stated})
"""

FACTORIES = """
from provender.plugin import ProviderInfo, StoreConfig, StoreType


class FactoriesConfig(StoreConfig):
    size: int = 3


def kind(name, factory):
    return StoreType(name, FactoriesConfig, factory=factory)


info = ProviderInfo(
    "factories",
    stores={
        "online": (
            kind("made", "provender_factories.store:Made"),
            kind("nowhere", "provender_factories.nowhere:Made"),
            kind("nothing", "provender_factories.store:Nothing"),
            kind("crooked", "no place at all"),
        )
    },
)
"""

FACTORIES_STORE = """
from provender_good.memory import MemoryStore


class Made(MemoryStore):
    def __init__(self, config, context):
        super().__init__(config.size)
        self.context = context
"""

WRONG_HOOK = """
from provender.plugin import ProviderInfo, hookimpl

info = ProviderInfo("crooked")


@hookimpl
def provender_online_store(config, context, moon): ...
"""

FAILING = """
from provender.plugin import ProviderInfo, StoreConfig, StoreType, hookimpl

info = ProviderInfo(
    "failing",
    stores={
        "online": (StoreType("boom", StoreConfig),),
        "registry": (StoreType("nothing", StoreConfig),),
    },
)


@hookimpl
def provender_online_store(config, context):
    if type(config) is StoreConfig:
        import a_module_of_its_own_that_is_missing
"""


LISTENER = """
from provender.plugin import hookimpl

heard = []


@hookimpl
def provender_after_apply(changes):
    heard.append(("apply", [(c.action, c.kind, c.name) for c in changes]))


@hookimpl
def provender_before_materialize(run):
    heard.append(("begin", run.view, run.rows))


@hookimpl
def provender_after_materialize(run):
    heard.append(("end", run.view, run.rows, type(run.error).__name__))
"""

ENGINE = """
from provender.plugin import Engine, ProviderInfo, StoreConfig, StoreType, hookimpl


class BackwardsConfig(StoreConfig):
    pass


info = ProviderInfo("backwards", stores={"engine": (StoreType("last-first", BackwardsConfig),)})


class Backwards(Engine):
    ran = []

    def run(self, shards, work):
        for shard in reversed(shards):
            self.ran.append(shard.view)
            yield work(shard)


@hookimpl
def provender_engine(config, context):
    return Backwards() if isinstance(config, BackwardsConfig) else None
"""


@dataclass(frozen=True)
class Distribution:
    """What to build: modules by path, entry points by group."""

    name: str
    package: str
    modules: Mapping[str, str]
    providers: Mapping[str, str] = field(default_factory=dict)
    extensions: Mapping[str, str] = field(default_factory=dict)


def one(name: str, module: str, **extra: str) -> Distribution:
    """Return a distribution with one provider of that name."""
    package = f"provender_{name}"
    modules = {"plugin.py": module, **{f"{n}.py": text for n, text in extra.items()}}
    providers = {name: f"{package}.plugin"}
    return Distribution(f"provender-{name}", package, modules, providers)


HOLLOW = """
from provender.plugin import ProviderInfo, StoreConfig, StoreType


def store(name, factory):
    return StoreType(name, StoreConfig, factory=factory)


info = ProviderInfo(
    "hollow",
    stores={
        "online": (
            store("nowhere", "provender_hollow.nowhere:Store"),
            store("nameless", "provender_hollow.plugin:Store"),
            store("number", "provender_hollow.plugin:__name__"),
            store("unbuilt", None),
        ),
    },
    sources={"fog": "provender_hollow.fog:Fog"},
)
"""


DISTRIBUTIONS = [
    one("hollow", HOLLOW),
    one("good", GOOD, memory=MEMORY),
    one("bomb", "raise SystemExit('tick')"),
    one("cloudy", SDK),
    one("ancient", OTHER_API),
    one("newer", NEWER_API),
    one("first", SUPPORTED_API.format(name="first", stated=1)),
    one("ranging", SUPPORTED_API.format(name="ranging", stated=(2, 900))),
    one("factories", FACTORIES, store=FACTORIES_STORE),
    one("crooked", WRONG_HOOK),
    one("failing", FAILING),
    one("blank", "x = 1"),
    one("renamed", GOOD),
    one("backwards", ENGINE),
    one("eager", EAGER),
    one("reading", READING, source=READING_SOURCE, with_sdk="import reading_sdk.client"),
    one("leaving", LEAVING),
    Distribution(
        "provender-both",
        "both",
        {"plugin.py": BOTH},
        {"both": "both.plugin"},
        {"both": "both.plugin"},
    ),
    Distribution(
        "provender-halting",
        "halting",
        {"plugin.py": "raise KeyboardInterrupt"},
        {},
        {"halting": "halting.plugin"},
    ),
    Distribution(
        "provender-listener",
        "listener",
        {"plugin.py": LISTENER},
        {},
        {"listener": "listener.plugin"},
    ),
    Distribution("provender-twin-a", "twin_a", {"plugin.py": OTHER_API}, {"twin": "twin_a.plugin"}),
    Distribution("provender-twin-b", "twin_b", {"plugin.py": OTHER_API}, {"twin": "twin_b.plugin"}),
    Distribution(
        "provender-counting",
        "counting",
        {"plugin.py": WRAPPER},
        {},
        {"counting": "counting.plugin"},
    ),
]


def install(distributions: list[Distribution], work: Path, target: Path) -> None:
    """Build the distributions and install them into `target`, without any network."""
    wheels = [_wheel(distribution, work) for distribution in distributions]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    options = ["--disable-pip-version-check", "--no-compile", "--target", str(target)]
    run([*pip, *options, *wheels], seconds=300)


def _wheel(distribution: Distribution, folder: Path) -> Path:
    """Write a wheel by hand: a build of each takes longer than all tests of plug-ins."""
    stem = f"{distribution.name.replace('-', '_')}-{VERSION}"
    info = f"{stem}.dist-info"
    files = {f"{distribution.package}/__init__.py": ""}
    files |= {f"{distribution.package}/{name}": text for name, text in distribution.modules.items()}
    files[f"{info}/METADATA"] = METADATA.format(name=distribution.name, version=VERSION)
    files[f"{info}/WHEEL"] = WHEEL
    files[f"{info}/entry_points.txt"] = _entry_points(distribution)
    record = "".join(f"{name},,\n" for name in (*files, f"{info}/RECORD"))
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in {**files, f"{info}/RECORD": record}.items():
            wheel.writestr(name, text)
    return path


def _entry_points(distribution: Distribution) -> str:
    groups = {
        "provender.providers": distribution.providers,
        "provender.plugins": distribution.extensions,
    }
    return "".join(
        f"[{group}]\n" + "".join(f"{name} = {module}\n" for name, module in entries.items())
        for group, entries in groups.items()
    )

"""Who may include what: the table of rooms (runner/ARCHITECTURE.md draws it)."""

# Rooms of ours that a room may include. "room/header.h" allows that one header.
ROOMS = {
    "base": [],
    "task": ["base"],
    "catalog": ["base", "task"],
    "manifest": ["base", "task"],
    "store": ["base", "task"],
    "files": ["base"],
    "api": ["base", "task"],
    "pipeline": [
        "base",
        "task",
        "store/account.h",
        "store/store.h",
        "api/exchange.h",
        "api/error_class.h",
        "api/request_body.h",
        "files/inbox.h",
        "files/output_folder.h",
    ],
    "report": ["base", "task", "store/account.h", "store/store.h"],
    "serve": [
        "base", "task", "catalog", "report", "store/store.h", "files/posix_file.h", "api/exchange.h",
        "api/error_class.h", "pipeline/intake.h", "pipeline/observer.h", "pipeline/control.h",
    ],
    "simulator": ["base"],
    "cli": [
        "base", "task", "catalog", "manifest", "store", "files", "api", "pipeline", "report",
        "serve", "simulator",
    ],
}

# Foreign libraries a room may use. fmt and the standard library are for everyone.
LIBRARIES = {
    "base": ["openssl", "utf8proc"],
    "task": ["Poco/JSON"],
    "catalog": ["yaml-cpp", "Poco/JSON"],
    "manifest": ["yaml-cpp", "valijson", "Poco/JSON", "posix"],
    "store": ["SQLiteCpp", "sqlite3", "posix"],
    "files": ["posix"],
    "api": ["Poco", "openssl", "posix"],
    "pipeline": [],
    "report": [],
    "serve": ["Poco", "posix"],
    "simulator": ["Poco", "yaml-cpp", "openssl", "posix"],
    "cli": ["CLI11", "Poco", "spdlog", "posix"],
}

# The standard library's own headers that end in .h or hold a slash are POSIX's here.
_POSIX_FOLDERS = ("sys/", "arpa/", "net/", "netinet/", "linux/")
_PREFIXES = {
    "fmt/": "fmt",
    "openssl/": "openssl",
    "yaml-cpp/": "yaml-cpp",
    "SQLiteCpp/": "SQLiteCpp",
    "CLI/": "CLI11",
    "spdlog/": "spdlog",
}
_FILES = {"sqlite3.h": "sqlite3", "utf8proc.h": "utf8proc"}
# Poco's JSON room of headers, and the two of Foundation without which it cannot be used.
_POCO_JSON = ("Poco/JSON/", "Poco/Dynamic/", "Poco/Exception.h", "Poco/SharedPtr.h")


def library_of(header):
    """The names under which LIBRARIES may list a foreign header; empty: the standard library."""
    for prefix, name in _PREFIXES.items():
        if header.startswith(prefix):
            return [name]
    if header in _FILES:
        return [_FILES[header]]
    if header.startswith("Poco/"):
        return ["Poco", "Poco/JSON"] if header.startswith(_POCO_JSON) else ["Poco"]
    if header.startswith(_POSIX_FOLDERS):
        return ["posix"]
    if "/" in header:
        return [header.split("/")[0]]
    return ["posix"] if header.endswith(".h") else []


def finding(room, mark, header):
    """What is wrong with `room` including `header`; None when nothing is."""
    if room not in ROOMS:
        return f"room {room} is not in the table (tests/lint/rooms.py)"
    if mark == '"':
        if "/" not in header:
            return None if header.startswith("embedded_") else f'"{header}" must be named from runner/'
        other = header.split("/")[0]
        if other == room or other in ROOMS[room] or header in ROOMS[room]:
            return None
        return f"{room} may not include {header}"
    names = library_of(header)
    if not names or "fmt" in names or any(name in LIBRARIES[room] for name in names):
        return None
    return f"{room} may not use {names[0]} (<{header}>)"

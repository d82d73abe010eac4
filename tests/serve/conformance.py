"""Holds `aigc-batch serve` against its own description: what /openapi.json documents is what is sent, everything that
is sent is documented, and requests made wrong on purpose end in 4xx. A small schemathesis; chance comes from a seed.

Needs python3-jsonschema (Debian's python3 has it), else the standard library.
"""
import http.client
import json
import os
import pathlib
import random
import socket
import sys
import unittest
import urllib.parse

import jsonschema

sys.path.insert(0, str(pathlib.Path(os.environ["AIGC_SOURCE_DIR"]) / "tests" / "e2e"))
from harness import ProgramTest, Simulator  # noqa: E402
from serve_test import Server  # noqa: E402

SEED = int(os.environ.get("AIGC_CONFORMANCE_SEED", "20261125"))
ROUNDS = 300


class Description:
    def __init__(self, api):
        self.api = api
        self.resolver = jsonschema.RefResolver("", api)

    def resolve(self, value):
        while "$ref" in value:
            value = self.resolver.resolve(value["$ref"])[1]
        return value

    def operations(self):
        for path, item in self.api["paths"].items():
            for method in ("get", "post"):
                if method in item:
                    yield path, method.upper(), item.get("parameters", []) + item[method].get("parameters", []), item[method]

    def operation(self, path, method):
        return self.api["paths"][path][method.lower()]

    def check(self, path, method, answer, data):
        """What is wrong with an answer; None when it is as documented."""
        documented = self.operation(path, method)["responses"].get(str(answer.status))
        if documented is None:
            return f"{method} {path}: {answer.status} is not documented: {data[:300]}"
        documented = self.resolve(documented)
        content = documented.get("content")
        if content is None:
            return None if not data else f"{method} {path}: {answer.status} has a body"
        kind = (answer.getheader("Content-Type") or "").split(";")[0]
        schema = content.get(kind, content.get("*/*"))
        if schema is None:
            return f"{method} {path}: {answer.status} is {kind}, documented is {list(content)}"
        if kind != "application/json" or "schema" not in schema:
            return None
        validator = jsonschema.Draft202012Validator(schema["schema"], resolver=self.resolver)
        problems = [error.message for error in validator.iter_errors(json.loads(data))]
        return f"{method} {path}: {answer.status}: {problems[:3]}: {data[:300]}" if problems else None


class Conformance(ProgramTest):
    @classmethod
    def setUpClass(cls):
        cls.shared = ProgramTest()
        cls.shared.setUp()
        cls.addClassCleanup(cls.shared.doCleanups)
        cls.shared.run_program("run", "--sim", cls.shared.manifest(5, head=cls.QUICK))
        cls.server = Server(cls.shared, None, "--sim", "--max-in-flight", "20")
        cls.addClassCleanup(cls.server.__exit__)
        cls.description = Description(cls.server.json("GET", "/openapi.json"))

    def setUp(self):
        pass

    def expect(self, status, path, method="GET", place=None, body=None, headers=None):
        answer, data = self.server.ask(method, place or path, body, headers)
        self.assertEqual(answer.status, status, data[:500])
        self.assertIsNone(self.description.check(path, method, answer, data))
        return data

    def test_the_description_is_whole(self):
        api = self.description.api
        self.assertTrue(api["openapi"].startswith("3.1."))
        for schema in api["components"]["schemas"].values():
            jsonschema.Draft202012Validator.check_schema(schema)

        def walk(value):
            if isinstance(value, dict):
                if "$ref" in value:
                    self.description.resolve(value)
                for item in value.values():
                    walk(item)
            elif isinstance(value, list):
                for item in value:
                    walk(item)
        walk(api)
        names = [operation["operationId"] for _, _, _, operation in self.description.operations()]
        self.assertEqual(len(names), len(set(names)))
        for path, _, parameters, _ in self.description.operations():
            inside = {part[1:-1] for part in path.split("/") if part.startswith("{")}
            self.assertEqual(inside, {p["name"] for p in parameters if p["in"] == "path"}, path)

    def test_every_documented_success_is_what_is_sent(self):
        self.expect(200, "/healthz")
        self.expect(200, "/metrics")
        self.expect(200, "/openapi.json")
        self.expect(200, "/api/v1/batches")
        self.expect(200, "/api/v1/batches/{batch}", place="/api/v1/batches/batch")
        tasks = "/api/v1/batches/{batch}/tasks"
        first = json.loads(self.expect(200, tasks, place="/api/v1/batches/batch/tasks?limit=3"))
        rest = json.loads(self.expect(200, tasks, place=f"/api/v1/batches/batch/tasks?after={first['next']}"))
        self.assertEqual((len(first["tasks"]), len(rest["tasks"]), rest["next"]), (3, 2, None))
        self.expect(200, tasks + "/{task}", place="/api/v1/batches/batch/tasks/clip-0001")
        output = tasks + "/{task}/outputs/{number}"
        place = "/api/v1/batches/batch/tasks/clip-0001/outputs/1"
        self.expect(200, output, place=place)
        self.expect(206, output, place=place, headers={"Range": "bytes=0-9"})
        self.expect(416, output, place=place, headers={"Range": "bytes=99999999-"})
        answer, _ = self.server.ask("GET", place)
        self.expect(304, output, place=place, headers={"If-None-Match": answer.getheader("ETag")})
        batch = "/api/v1/batches/{batch}/"
        self.expect(200, batch + "cancel", "POST", "/api/v1/batches/batch/cancel", {"tasks": ["clip-0001"]})
        self.expect(200, batch + "retry", "POST", "/api/v1/batches/batch/retry", {"all": True})
        self.expect(409, batch + "retry", "POST", "/api/v1/batches/batch/retry", {"all": True, "again": True})
        for action in "pause", "resume":
            self.expect(200, batch + action, "POST", "/api/v1/batches/batch/" + action, {"all": True})
            self.expect(422, batch + action, "POST", "/api/v1/batches/batch/" + action, {"models": ["Nosuch"]})
        created = json.loads(self.expect(200, "/aigc/create", "POST", body={"prompt": "a kite"}, headers={"Idempotency-Key": "k"}))
        self.expect(409, "/aigc/create", "POST", body={"prompt": "another"}, headers={"Idempotency-Key": "k"})
        self.expect(200, "/aigc/task", "POST", body={"task_id": created["Response"]["TaskId"]})
        self.expect(404, "/aigc/task", "POST", body={"task_id": "none"})

    def test_what_is_not_there_is_said_as_documented(self):
        for path, method, parameters, operation in self.description.operations():
            if not any(p["in"] == "path" for p in parameters):
                continue
            place = path.replace("{batch}", "none").replace("{task}", "none").replace("{number}", "1")
            body = {"all": True} if method == "POST" else None
            self.expect(404, path, method, place, body)

    def test_the_guard_answers_as_documented(self):
        for path, method, _, _ in self.description.operations():
            place = path.replace("{batch}", "batch").replace("{task}", "clip-0001").replace("{number}", "1")
            self.expect(421, path, method, place, headers={"Host": "evil.example"})
            self.expect(403, path, method, place, headers={"Origin": "http://evil.example"})
            if method == "POST":
                self.expect(415, path, method, place, b"a=b", {"Content-Type": "application/x-www-form-urlencoded"})
                self.expect(413, path, method, place, b"x" * 300_000)

    def wrong_value(self, chance, schema):
        schema = self.description.resolve(schema)
        kinds = {"string": [5, True, [], {}, "\0"], "number": ["x", True, [], {}], "integer": ["x", True, [], {}],
                 "boolean": [5, "perhaps", [], {}], "array": [5, "x", {}, [5], [None], [""]]}
        if "enum" in schema:
            return chance.choice(["perhaps", 5, [], {}, ""])
        return chance.choice(kinds[schema["type"]])

    def test_bodies_made_wrong_end_in_422(self):
        chance = random.Random(SEED)
        for path, method, _, operation in self.description.operations():
            if method != "POST":
                continue
            schema = self.description.resolve(operation["requestBody"]["content"]["application/json"]["schema"])
            place = path.replace("{batch}", "batch")
            names = sorted(schema["properties"])
            for _ in range(ROUNDS // 6):
                body = {name: self.wrong_value(chance, schema["properties"][name])
                        for name in chance.sample(names, chance.randint(1, len(names)))}
                answer, data = self.server.ask(method, place, body)
                self.assertEqual(answer.status, 422, f"seed {SEED}: {path} {body}: {data[:300]}")
                self.assertIsNone(self.description.check(path, method, answer, data))
            for text in (b"", b"[]", b"{", b"\xff\xfe", b"null", b"[" * 5000, b'{"a":' * 5000, b"nul", b'"x"', b"1e400"):
                answer, data = self.server.ask(method, place, text)
                self.assertEqual(answer.status, 422, f"{path} {text[:20]}: {data[:300]}")
                self.assertIsNone(self.description.check(path, method, answer, data))

    def test_parameters_made_wrong_end_in_4xx(self):
        chance = random.Random(SEED + 1)
        letters = "abc/.%2e&=?#\"'<>{}\\ ;é😀\t"
        for _ in range(ROUNDS):
            path, method, parameters, _ = chance.choice(list(self.description.operations()))
            if method != "GET" or path == "/api/v1/events" or not parameters:
                continue
            place = path
            for name in ("batch", "task", "number"):
                text = "".join(chance.choice(letters) for _ in range(chance.randint(1, 30)))
                place = place.replace("{" + name + "}", urllib.parse.quote(text, safe="%" if chance.random() < .3 else ""))
            if chance.random() < .5:
                place += "?" + urllib.parse.quote("".join(chance.choice(letters) for _ in range(20)), safe="=&")
            answer, data = self.server.ask("GET", place)
            self.assertIn(answer.status // 100, (4,), f"seed {SEED}: {place}: {data[:300]}")
            json.loads(data)

    def test_bytes_made_wrong_end_in_4xx_and_never_in_silence(self):
        chance = random.Random(SEED + 2)
        whole = b"POST /aigc/create HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
        for round_ in range(ROUNDS):
            data = bytearray(whole)
            for _ in range(chance.randint(1, 6)):
                at = chance.randrange(len(whole) - 6)
                data[at] = chance.choice(b"\0\r\n :/%\xff\x80aA9-,;") if chance.random() < .8 else chance.randrange(256)
            with socket.create_connection(("127.0.0.1", self.server.port), timeout=30) as one:
                one.sendall(data)
                one.shutdown(socket.SHUT_WR)
                answer = b""
                while piece := one.recv(65536):
                    answer += piece
            if not answer:
                continue  # not a whole request, and the client has hung up
            status = answer.split(b" ")[1]
            self.assertTrue(status.startswith(b"4") or status == b"505", f"seed {SEED}, round {round_}: {bytes(data)}: {answer[:300]}")
        self.expect(200, "/healthz")


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""Every rule of check_tree.py finds what it forbids, and leaves alone what it allows."""

import contextlib
import io
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

import check_tree
from cpp_text import code_only, includes


def findings(rule, files):
    """What `rule` says about a tree that holds `files` (name → text)."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        with contextlib.redirect_stdout(io.StringIO()):
            return list(check_tree.RULES[rule](root, check_tree.tree_files(root)))


class Includes(unittest.TestCase):
    def one(self, room, line):
        return findings("includes", {f"runner/{room}/x.cc": f"#include {line}\n"})

    def test_upward_include_is_found_with_its_line(self):
        found = findings("includes", {"runner/base/x.cc": '// first\n#include "task/task_spec.h"\n'})
        self.assertEqual(found, ["runner/base/x.cc:2: base may not include task/task_spec.h"])

    def test_sideways_includes_are_found(self):
        for room, header in [
            ("store", "api/exchange.h"),
            ("simulator", "api/exchange.h"),
            ("simulator", "task/task_spec.h"),
            ("manifest", "catalog/catalog.h"),
            ("report", "store/sqlite_store.h"),
            ("pipeline", "api/poco_exchange.h"),
            ("pipeline", "store/sqlite_store.h"),
            ("pipeline", "files/posix_output_folder.h"),
            ("api", "cli/settings.h"),
        ]:
            self.assertEqual(len(self.one(room, f'"{header}"')), 1, f"{room} → {header}")

    def test_downward_includes_are_allowed(self):
        for room, header in [
            ("task", "base/result.h"),
            ("pipeline", "store/store.h"),
            ("pipeline", "pipeline/observer.h"),
            ("report", "store/store.h"),
            ("cli", "simulator/server.h"),
            ("catalog", "embedded_catalog.h"),
        ]:
            self.assertEqual(self.one(room, f'"{header}"'), [], f"{room} → {header}")

    def test_foreign_libraries_stay_in_their_rooms(self):
        for room, header in [
            ("pipeline", "Poco/Net/HTTPRequest.h"),
            ("pipeline", "unistd.h"),
            ("pipeline", "sqlite3.h"),
            ("task", "Poco/Net/HTTPRequest.h"),
            ("api", "SQLiteCpp/Database.h"),
            ("store", "Poco/JSON/Parser.h"),
            ("files", "yaml-cpp/yaml.h"),
            ("report", "spdlog/spdlog.h"),
            ("base", "sys/stat.h"),
            ("cli", "boost/asio.hpp"),
        ]:
            self.assertEqual(len(self.one(room, f"<{header}>")), 1, f"{room} → {header}")
        for room, header in [
            ("pipeline", "fmt/format.h"),
            ("pipeline", "vector"),
            ("task", "Poco/JSON/Parser.h"),
            ("api", "Poco/Net/HTTPRequest.h"),
            ("store", "SQLiteCpp/Database.h"),
            ("store", "sys/file.h"),
            ("cli", "CLI/CLI.hpp"),
        ]:
            self.assertEqual(self.one(room, f"<{header}>"), [], f"{room} → {header}")

    def test_room_outside_the_table_and_relative_includes_are_found(self):
        self.assertEqual(len(self.one("extras", "<vector>")), 1)
        self.assertEqual(len(self.one("task", '"task_spec.h"')), 1)

    def test_commented_include_does_not_count(self):
        self.assertEqual(findings("includes", {"runner/base/x.cc": '/*\n#include "api/x.h"\n*/'}), [])


class Seams(unittest.TestCase):
    def one(self, code, name="runner/pipeline/x.cc"):
        return findings("seams", {name: f"void f() {{ {code} }}\n"})

    def test_each_forbidden_call_is_found(self):
        for code in [
            "auto t = std::chrono::system_clock::now();",
            "auto t = steady_clock::now();",
            "auto t = time(nullptr);",
            "auto t = std::time(&x);",
            "gettimeofday(&tv, nullptr);",
            "Poco::Timestamp now;",
            "std::this_thread::sleep_for(1s);",
            "usleep(5);",
            "sleep(1);",
            "Poco::Thread::sleep(5);",
            "std::condition_variable ready;",
            "exit(1);",
            "std::abort();",
            "::_exit(2);",
            'getenv("HOME");',
            "std::cout << 1;",
            "std::cerr << 1;",
            'printf("x");',
            'std::puts("x");',
            "fmt::print(x);",
            'fputs("x", stderr);',
            "context(VERIFY_NONE);",
            "context(Context::VERIFY_RELAXED);",
        ]:
            self.assertEqual(len(self.one(code)), 1, code)

    def test_each_place_is_allowed_its_own(self):
        for name, code in [
            ("runner/base/clock.cc", "auto t = std::chrono::system_clock::now();"),
            ("runner/cli/environment.cc", 'std::getenv("HOME");'),
            ("runner/cli/main.cc", "std::cout << 1; _exit(130);"),
            ("runner/api/worker.cc", "std::condition_variable ready;"),
        ]:
            self.assertEqual(self.one(code, name), [], name)

    def test_environment_is_read_in_one_file_of_cli_only(self):
        self.assertEqual(len(self.one('std::getenv("HOME");', "runner/cli/main.cc")), 1)

    def test_verification_is_held_up_in_tests_too(self):
        self.assertEqual(len(self.one("context(VERIFY_NONE);", "tests/e2e/x.cc")), 1)

    def test_server_that_asks_for_no_client_certificate_is_allowed(self):
        server = "p.mode = VERIFY_NONE; p.load = false; auto c = new Context(Context::SERVER_USE, p);"
        self.assertEqual(self.one(server), [])
        self.assertEqual(len(self.one(server.replace("SERVER_USE", "CLIENT_USE"))), 1)
        far = "p.mode = VERIFY_NONE; } void g() { new Context(Context::SERVER_USE, q);"
        self.assertEqual(len(self.one(far)), 1)

    def test_comments_strings_and_other_names_do_not_count(self):
        for code in [
            "// never sleep(1) here",
            "/* abort() */",
            'Log("call exit(1)");',
            'R"(getenv("X"))";',
            "answer.time(0); exchange.abort(); clock->exit();",
            "int n = 1'000'000; Note('x'); runtime(0);",
            "fmt::format_to(out); snprintf(b, n, x);",
        ]:
            self.assertEqual(self.one(code), [], code)


class Sizes(unittest.TestCase):
    def test_limits_of_sources_and_headers(self):
        self.assertEqual(findings("sizes", {"runner/base/x.cc": "\n" * 600}), [])
        self.assertEqual(len(findings("sizes", {"runner/base/x.cc": "\n" * 601})), 1)
        self.assertEqual(findings("sizes", {"runner/base/x.h": "\n" * 350}), [])
        self.assertEqual(len(findings("sizes", {"runner/base/x.h": "\n" * 351})), 1)
        self.assertEqual(len(findings("sizes", {"tests/unit/x_test.cc": "\n" * 601})), 1)


class Tests(unittest.TestCase):
    def test_unregistered_test_is_found(self):
        files = {
            "tests/unit/base/CMakeLists.txt": "aigc_test(base_test SOURCES text_test.cc)\n",
            "tests/unit/base/text_test.cc": "",
            "tests/unit/base/times_test.cc": "",
        }
        found = findings("tests", files)
        self.assertEqual(len(found), 1)
        self.assertIn("tests/unit/base/times_test.cc", found[0])

    def test_entry_that_is_commented_out_or_of_another_folder_does_not_count(self):
        files = {
            "tests/unit/a/CMakeLists.txt": "# x_test.cc\naigc_test(t SOURCES ../b/y_test.cc)\n",
            "tests/unit/a/x_test.cc": "",
            "tests/unit/a/y_test.cc": "",
            "tests/unit/b/y_test.cc": "",
        }
        self.assertEqual(len(findings("tests", files)), 2)


class Machine(unittest.TestCase):
    def test_paths_of_a_machine_are_found(self):
        for folder in ["work", "root", "home"]:
            self.assertEqual(len(findings("machine", {"README.md": f"see /{folder}/x/y\n"})), 1)

    def test_other_paths_are_not(self):
        text = "https://host.example/work/a ~/home/b $X/root/c tests/work/d ${root}/home/x"
        self.assertEqual(findings("machine", {"README.md": text}), [])

    def test_binary_files_are_left_alone(self):
        self.assertEqual(findings("machine", {"a.bin": "\0 /" + "work/x"}), [])


class Program(unittest.TestCase):
    SCRIPT = Path(__file__).resolve().parent / "check_tree.py"

    def run_in(self, files, *arguments):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                path = Path(folder) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            return subprocess.run(
                [sys.executable, self.SCRIPT, "--root", folder, *arguments],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
            )

    def test_exit_status_tells_whether_something_was_found(self):
        self.assertEqual(self.run_in({"runner/base/x.cc": "int x;\n"}).returncode, 0)
        bad = self.run_in({"runner/base/x.cc": "void f() { exit(1); }\n"})
        self.assertEqual(bad.returncode, 1)
        self.assertIn("runner/base/x.cc:1: exit", bad.stdout)

    def test_only_the_rules_named_are_held(self):
        files = {"runner/base/x.cc": "void f() { exit(1); }\n"}
        self.assertEqual(self.run_in(files, "includes").returncode, 0)
        self.assertEqual(self.run_in(files, "seems").returncode, 2)


class CppText(unittest.TestCase):
    def test_line_numbers_survive(self):
        code = code_only('/* a\nb */ R"(x\ny)"\nz')
        self.assertEqual(code.count("\n"), 3)
        self.assertNotIn("y", code)

    def test_include_after_a_comment_on_the_same_line_is_seen(self):
        self.assertEqual(includes("/* x */ #include <a>\n//#include <b>\n"), [(1, "<", "a")])


if __name__ == "__main__":
    unittest.main()

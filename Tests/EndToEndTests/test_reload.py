"""Hot reload: whatever changes in the folders is in force at once and as a whole, or refused with file, line and why; callers notice
nothing but the new version."""
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import threading
import time
import unittest
import urllib.request

from service import Client, Server, line, request, stdio
from support import REMIT, Folder, policy


def versioned(value):
    """A policy whose decisions name the value that stands in its text."""
    return policy(f'return {{ outcome = "approve", reasons = {{ "ok" }}, value = {value} }}')


def tests(name, value):
    return (f'return test "{name}" {{ {{ name = "the value", input = {{}}, '
            f'expect = {{ outcome = "approve", value = {value} }} }} }}')


FACTS = """
local settings = plugin {
  name = "facts", version = "1.0.0", summary = "Facts.",
  settings = { bonus = integer { default = 0, summary = "On top." } },
  provides = { fact = { summary = "A number.", value = integer {} } },
}
return { fact = %d + settings.bonus }
"""


class AdminServer(Server):
    """With a socket for admin methods, and folders that tests change."""

    def __init__(self, folder, *options, policies="policies", plugins="plugins"):
        self.root = folder.path
        self.admin_path = os.path.join(folder.path, "admin")
        super().__init__("--admin-unix", self.admin_path, *options, policies=os.path.join(folder.path, policies),
                         plugins=os.path.join(folder.path, plugins))

    def __enter__(self):
        super().__enter__()
        self.wait_for(rb"listening on unix:[^\n]*/admin, admin methods too")
        return self

    def admin(self, timeout=60):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self.admin_path)
        return Client(connection, timeout=timeout)

    def reload(self):
        with self.admin() as client:
            return client.call("admin.reload")

    def roll_back(self, snapshot):
        with self.admin() as client:
            return client.call("admin.rollback", snapshot=snapshot)

    def snapshot(self):
        with self.tcp() as client:
            return client.call("health")["result"]["snapshot"]

    def value(self, name="a.x", **input):
        with self.tcp() as client:
            answer = client.call("decide", policy=name, input=input)
        return answer["result"]["decision"]["value"] if "result" in answer else answer["error"]["message"]

    def wait_until(self, holds, what="it happens"):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if holds():
                return
            time.sleep(0.005)
        raise AssertionError(f"waited in vain until {what}: {self.said().decode()}")

    def wait_for_value(self, value, name="a.x"):
        self.wait_until(lambda: self.value(name) == value, f"{name} gives {value}")

    def count(self, pattern):
        return len(re.findall(pattern, self.said()))

    def place(self, name):
        return os.path.join(self.root, name)

    def write(self, name, text):
        """In place."""
        os.makedirs(os.path.dirname(self.place(name)), exist_ok=True)
        with open(self.place(name), "w", encoding="utf-8") as file:
            file.write(text)

    def replace(self, name, text):
        """By a file that takes the other's place."""
        self.write(name + ".new", text)
        os.replace(self.place(name + ".new"), self.place(name))


FILES = {
    "policies/a/x.lua": versioned(1), "policies/a/x_test.lua": tests("a.x", 1).replace(", value = 1", ""),
    "policies/a/y.lua": versioned(1), "policies/lib/numbers.lua": "return { one = 1 }",
}


class ReloadTest(unittest.TestCase):
    def serve(self, files=None, *options, **names):
        folder = self.enterContext(Folder({**FILES, **(files or {})}))
        return self.enterContext(AdminServer(folder, *options, **names))


class FileTests(ReloadTest):
    """What changes in the folders is seen by itself."""

    def test_a_file_that_is_written_or_replaced(self):
        server = self.serve()
        server.write("policies/a/x.lua", versioned(2))
        server.wait_for_value(2)
        server.wait_for(rb"reloaded: snapshot [0-9a-f]{12}, changed a\.x \(\d+ ms\)")
        server.replace("policies/a/x.lua", versioned(3))
        server.wait_for_value(3)
        self.assertEqual(server.value("a.y"), 1)

    def test_what_editors_do(self):
        server = self.serve()
        # vim: the file is renamed to a backup, another is written in its place, the backup goes.
        server.write("policies/a/.x.lua.swp", "b0VIM")
        server.write("policies/a/4913", "")
        os.remove(server.place("policies/a/4913"))
        os.rename(server.place("policies/a/x.lua"), server.place("policies/a/x.lua~"))
        server.write("policies/a/x.lua", versioned(2))
        os.remove(server.place("policies/a/x.lua~"))
        server.wait_for_value(2)
        # emacs: a link as a lock, an automatic copy, and then the same.
        os.symlink("someone@host.1", server.place("policies/a/.#x.lua"))
        server.write("policies/a/#x.lua#", versioned(9))
        os.rename(server.place("policies/a/x.lua"), server.place("policies/a/x.lua~"))
        server.write("policies/a/x.lua", versioned(3))
        os.remove(server.place("policies/a/#x.lua#"))
        os.remove(server.place("policies/a/.#x.lua"))
        server.wait_for_value(3)
        # Others: a temporary file elsewhere, renamed.
        server.write("x.tmp", versioned(4))
        os.replace(server.place("x.tmp"), server.place("policies/a/x.lua"))
        server.wait_for_value(4)
        # In one place, larger first: what is cut must not stand behind.
        server.write("policies/a/x.lua", versioned(5) + "-- " + "x" * 9000 + "\n")
        server.wait_for_value(5)
        server.write("policies/a/x.lua", versioned(6))
        server.wait_for_value(6)
        self.assertEqual(server.count(rb"refused"), 0, server.said())

    def test_a_file_is_not_read_while_it_is_being_written(self):
        server = self.serve({"policies/data/n.csv": "role,n\na,1\n", "policies/a/d.lua": policy(
            'local row = rows:find { role = "a" }\n'
            'return { outcome = "approve", reasons = { "ok" }, value = row and row.n or 0 }',
            prelude='local rows = dataset "data/n.csv" { role = text {}, n = integer {} }\n')})
        self.assertEqual(server.value("a.d"), 1)
        rounds = 5
        for number in range(2, 2 + rounds):
            with open(server.place("policies/data/n.csv"), "w", encoding="utf-8") as file:
                file.write("role,n\n")
                file.flush()
                # A whole file as it stands, in which there is no a; whoever is asked for it waits.
                answers = []
                thread = threading.Thread(target=lambda: answers.append(server.reload()))
                thread.start()
                time.sleep(0.15)
                self.assertEqual(server.value("a.d"), number - 1)
                file.write(f"a,{number}\n")
            thread.join()
            self.assertEqual(answers[0]["result"]["changed"], ["a.d"])
            self.assertEqual(server.value("a.d"), number)

    COUNTED = {"policies/data/n.csv": "n\n1\n", "policies/a/d.lua": policy(
        'return { outcome = "approve", reasons = { "ok" }, value = #rows }',
        prelude='local rows = dataset "data/n.csv" { n = integer {} }\n')}

    def test_a_file_that_is_written_slowly(self):
        """However long that takes, in many steps or with a pause: half of it is never read."""
        server = self.serve(self.COUNTED)
        seen = set()
        for pauses in ([0.1] * 25, [3]):
            with open(server.place("policies/data/n.csv"), "w", encoding="utf-8") as file:
                file.write("n\n1\n2\n")
                for pause in pauses:
                    file.write("5\n")
                    file.flush()
                    time.sleep(pause)
                    seen.add(server.value("a.d"))
                file.write("5\n")
            server.wait_for_value(3 + len(pauses), "a.d")
        self.assertEqual(seen, {1, 28})
        self.assertEqual(server.count(rb"refused"), 0, server.said())
        self.assertEqual(server.count(rb"a reload waits for [^\n]*policies/data/n\.csv, which is being written\n"), 2)

    def test_a_reload_that_is_asked_for_while_a_file_is_being_written(self):
        server = self.serve(self.COUNTED)
        with open(server.place("policies/data/n.csv"), "w", encoding="utf-8") as file:
            file.write("n\n1\n2\n")
            file.flush()
            message = server.reload()["error"]["message"]
            self.assertRegex(message, r"/policies/data/n\.csv is being written: try again when it is closed$")
            self.assertEqual(server.value("a.d"), 1)
            # The files were not read, so the signal waits like everybody.
            server.process.send_signal(signal.SIGHUP)
            time.sleep(0.3)
            self.assertEqual(server.value("a.d"), 1)
            file.write("3\n")
        server.wait_for_value(3, "a.d")
        server.wait_for(rb"changed a\.d ")

    def test_a_file_that_nobody_closes(self):
        """It holds reloads up for ten seconds after it was written to, and then it is said."""
        server = self.serve(self.COUNTED)
        with open(server.place("policies/data/n.csv"), "w", encoding="utf-8") as file:
            file.write("n\n1\n2\n")
            file.flush()
            start = time.monotonic()
            server.wait_for_value(2, "a.d")
            self.assertGreater(time.monotonic() - start, 9)
            server.wait_for(rb"warning: [^\n]*/policies/data/n\.csv is read as it is: ")
            # What is written to it from then on is waited for again.
            file.write("3\n4\n")
        server.wait_for_value(4, "a.d")

    def test_new_policies_families_and_removed_ones(self):
        server = self.serve()
        server.write("policies/a/z.lua", versioned(7))
        server.wait_for_value(7, "a.z")
        server.write("policies/b/z.lua", versioned(8))
        server.wait_for_value(8, "b.z")
        # A folder that comes by being renamed, and what changes in it afterwards.
        server.write("other/w.lua", versioned(9))
        os.rename(server.place("other"), server.place("policies/c"))
        server.wait_for_value(9, "c.w")
        server.write("policies/c/w.lua", versioned(10))
        server.wait_for_value(10, "c.w")
        os.remove(server.place("policies/a/x.lua"))
        server.wait_until(lambda: "unknown policy" in str(server.value("a.x")), "a.x is gone")
        server.wait_for(rb"changed a\.x \(")
        os.rename(server.place("policies/c"), server.place("elsewhere"))
        server.wait_until(lambda: "unknown policy" in str(server.value("c.w")), "c.w is gone")
        shutil.rmtree(server.place("policies/b"))
        server.wait_until(lambda: "unknown policy" in str(server.value("b.z")), "b.z is gone")
        self.assertEqual(server.value("a.y"), 1)

    def test_a_folder_that_is_gone_and_one_that_is_emptied(self):
        """Without the folder nobody knows what should hold, and an empty one is more likely being filled than meant."""
        server = self.serve()
        os.rename(server.place("policies"), server.place("aside"))
        server.wait_for(rb"cannot read the folder")
        self.assertEqual(server.value(), 1)
        os.mkdir(server.place("policies"))
        server.wait_for(rb"no policy is left in [^\n]*/policies: what is in force goes on, [^\n]* remove policies one by one")
        self.assertEqual(server.value(), 1)
        # Whoever asks gets the same answer.
        before = server.count(rb"reload refused")
        self.assertIn("no policy is left in ", server.reload()["error"]["message"])
        server.process.send_signal(signal.SIGHUP)
        server.wait_until(lambda: server.count(rb"reload refused") == before + 2, "the signal's is refused too")
        self.assertEqual(server.value("a.y"), 1)
        shutil.copytree(server.place("aside"), server.place("policies"), dirs_exist_ok=True)
        server.write("policies/a/x.lua", versioned(2))
        server.wait_for_value(2)

    def test_policies_that_are_removed_one_by_one(self):
        """The last one too: that is meant. A service may also start without any."""
        server = self.serve()
        for name in ("x", "y"):
            os.remove(server.place(f"policies/a/{name}.lua"))
            server.wait_until(lambda: "unknown policy" in str(server.value(f"a.{name}")), f"a.{name} is gone")
        self.assertEqual(server.count(rb"refused"), 0, server.said())
        server.write("policies/a/x.lua", versioned(2))
        server.wait_for_value(2)
        with Folder({"policies/lib/numbers.lua": "return { one = 1 }"}) as folder, AdminServer(folder) as server:
            server.wait_for(rb"warning: no policy in [^\n]*/policies yet: all requests are answered with unknown_policy")
            server.write("policies/a/x.lua", versioned(1))
            server.wait_for_value(1)

    def test_a_folder_that_is_wiped_and_filled(self):
        """Who deploys like that within a second or two shows nobody what is in between."""
        server = self.serve({f"policies/m/p{number}.lua": versioned(1) for number in range(20)})
        shutil.copytree(server.place("policies"), server.place("next"))
        answers = []
        with server.tcp() as client:
            for family in ("a", "lib", "m"):
                shutil.rmtree(server.place(f"policies/{family}"))
            for number in range(20):
                answers.append(client.call("decide", policy="m.p1", input={}))
                time.sleep(0.02)
            for number in range(20):
                server.write(f"policies/m/p{number}.lua", versioned(2))
                answers.append(client.call("decide", policy="m.p1", input={}))
                time.sleep(0.02)
        shutil.copytree(server.place("next/a"), server.place("policies/a"))
        server.wait_for_value(2, "m.p1")
        self.assertEqual([answer for answer in answers if "result" not in answer], [])
        self.assertEqual(server.value(), 1)
        self.assertEqual(server.count(rb"refused"), 0, server.said())

    def test_files_that_are_again_as_they_were(self):
        """Whoever mends what was refused is told that it is well."""
        server = self.serve(None, "--http", "127.0.0.1:0")
        port = int(server.wait_for(rb"listening on http://127\.0\.0\.1:(\d+)").group(1))

        def is_well():
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as page:
                return re.search(rb"^remit_reload_last_successful (\d)$", page.read(), re.MULTILINE).group(1) == b"1"

        self.assertTrue(is_well())
        snapshot = server.snapshot()
        server.write("policies/a/x.lua", "return (")
        server.wait_for(rb"reload refused")
        server.wait_until(lambda: not is_well())
        # A return to what is kept makes the files no better.
        server.roll_back(snapshot)
        self.assertFalse(is_well())
        server.write("policies/a/x.lua", versioned(1))
        server.wait_for(rb"reloaded: snapshot " + snapshot.encode() + rb", the files are again what is in force \(\d+ ms\)")
        server.wait_until(is_well)

    def test_shared_files_data_plugins_and_settings(self):
        shared = policy('return { outcome = "approve", reasons = { "ok" }, value = shared.number }',
                        prelude='local shared = require "lib.shared"\n')
        table = policy('local out = matrix { n = 3 }\nreturn { outcome = "approve", reasons = { "ok" }, value = out.size }',
                       prelude='local matrix = decision_table "a/matrix.csv"\n')
        rows = policy('return { outcome = "approve", reasons = { "ok" }, value = rows:find { role = "a" }.n }',
                      prelude='local rows = dataset "data/n.csv" { role = text {}, n = integer {} }\n')
        facts = policy('return { outcome = "approve", reasons = { "ok" }, value = facts.fact }',
                       prelude='local facts = require "plugin.facts"\n')
        server = self.serve({
            "policies/lib/shared.lua": "return { number = 1 }", "policies/s/lib_user.lua": shared,
            "policies/a/matrix.csv": "U,n,=>,size\n,< 5,,1\n,>= 5,,2\n", "policies/s/table_user.lua": table,
            "policies/data/n.csv": "role,n\na,1\n", "policies/s/data_user.lua": rows,
            "plugins/facts/plugin.lua": FACTS % 1, "policies/s/plugin_user.lua": facts,
        })
        steps = [
            ("policies/lib/shared.lua", "return { number = 2 }", "s.lib_user", 2),
            ("policies/a/matrix.csv", "U,n,=>,size\n,< 5,,3\n,>= 5,,2\n", "s.table_user", 3),
            ("policies/data/n.csv", "role,n\na,4\n", "s.data_user", 4),
            ("plugins/facts/plugin.lua", FACTS % 5, "s.plugin_user", 5),
            ("plugins/settings.json", '{"facts": {"bonus": 10}}', "s.plugin_user", 15),
            ("plugins/settings.json", '{"facts": {"bonus": 20}}', "s.plugin_user", 25),
        ]
        for file, text, name, value in steps:
            with self.subTest(file):
                before = server.count(rb"reloaded")
                server.write(file, text)
                server.wait_for_value(value, name)
                server.wait_until(lambda: server.count(rb"reloaded") == before + 1)
                last = server.said().decode().strip().splitlines()[-1]
                self.assertRegex(last, rf"changed {re.escape(name)} \(")
        os.remove(server.place("plugins/settings.json"))
        server.wait_for_value(5, "s.plugin_user")
        server.write("plugins/settings.json", '{"facts": {"bonus": 20}')
        server.wait_for(rb"plugins/settings.json:1: not JSON")
        server.write("plugins/settings.json", '{"facts": {"bonus": "many"}}')
        server.wait_for(rb"plugins/settings.json:1: [^\n]*bonus")
        self.assertEqual(server.value("s.plugin_user"), 5)

    def test_a_file_that_is_no_policy(self):
        """Who adds one is told that it is left out: once, and again should it come back."""
        server = self.serve()
        server.write("policies/a/Odd-Name.lua", versioned(2))
        server.wait_for(rb"warning: a/Odd-Name\.lua is left out: ")
        server.write("policies/a/x.lua", versioned(2))
        server.wait_for_value(2)
        server.reload()
        self.assertEqual(server.count(rb"Odd-Name"), 1)
        os.remove(server.place("policies/a/Odd-Name.lua"))
        server.reload()
        server.write("policies/a/Odd-Name.lua", versioned(2))
        server.reload()
        server.wait_until(lambda: server.count(rb"warning: a/Odd-Name\.lua is left out: ") == 2, "it is told again")

    def test_policies_where_none_is_looked_for(self):
        """In a folder elsewhere that a link leads to, and too deep: who put them there is told, at the start and later."""
        with Folder({**FILES, "elsewhere/y.lua": versioned(1), "policies/n/m/z.lua": versioned(1)}) as folder:
            os.symlink("../elsewhere", os.path.join(folder.path, "policies/link"))
            with AdminServer(folder) as server:
                server.wait_for(rb"warning: link is left out: it is a symbolic link to a folder that is not in the folder of policies\n")
                server.wait_for(rb"warning: n/m/z\.lua is left out: a policy is <family>/<name>\.lua, and not in a folder below\n")
                os.symlink("../elsewhere", server.place("policies/other"))
                server.wait_for(rb"warning: other is left out: ")
                os.symlink("nothing.lua", server.place("policies/a/dangling.lua"))
                server.wait_for(rb"error: a/dangling\.lua: nothing is there, or the file is a symbolic link that leads nowhere\n")
                self.assertEqual(server.count(rb"link is left out"), 1)

    def test_what_was_absent_may_come(self):
        optional = policy('return { outcome = "approve", reasons = { "ok" }, value = ok and 2 or 1 }',
                          prelude='local ok = pcall(function() return dataset "data/n.csv" { role = text {} } end)\n')
        server = self.serve({"policies/a/o.lua": optional})
        self.assertEqual(server.value("a.o"), 1)
        server.write("policies/data/n.csv", "role\nboss\n")
        server.wait_for_value(2, "a.o")
        os.remove(server.place("policies/data/n.csv"))
        server.wait_for_value(1, "a.o")

    def test_a_link_that_is_switched(self):
        with Folder({**{f"v1/{name}": text for name, text in FILES.items()},
                     "v2/policies/a/x.lua": versioned(2), "v3/policies/a/x.lua": versioned(3)}) as folder:
            os.symlink("v1", os.path.join(folder.path, "current"))
            with AdminServer(folder, policies="current/policies", plugins="current/plugins") as server:
                self.assertEqual(server.value(), 1)
                for version in (2, 3, 2):
                    os.symlink(f"v{version}", server.place("next"))
                    os.replace(server.place("next"), server.place("current"))
                    server.wait_for_value(version)
                # What the link leads to now is watched, and no more what it led to.
                server.write("v2/policies/a/x.lua", versioned(4))
                server.wait_for_value(4)
                # The folder itself is exchanged.
                os.rename(server.place("v2/policies"), server.place("v2/old"))
                os.rename(server.place("v3/policies"), server.place("v2/policies"))
                server.wait_for_value(3)
                server.write("v2/policies/a/x.lua", versioned(5))
                server.wait_for_value(5)

    def test_folders_that_links_lead_to(self):
        with Folder({**FILES, "policies/.shared/x.lua": versioned(1), "policies/.shared2/x.lua": versioned(2)}) as folder:
            os.symlink(".shared", os.path.join(folder.path, "policies/linked"))
            with AdminServer(folder) as server:
                self.assertEqual(server.value("linked.x"), 1)
                server.write("policies/.shared/x.lua", versioned(3))
                server.wait_for_value(3, "linked.x")
                os.symlink(".shared2", server.place("policies/next_link"))
                os.replace(server.place("policies/next_link"), server.place("policies/linked"))
                server.wait_for_value(2, "linked.x")

    def test_a_hidden_link_that_others_lead_through(self):
        """As Kubernetes does it: `a -> ..data/a`, `..data -> ..1`, and `..data` is switched."""
        with Folder({"policies/..1/a/x.lua": versioned(1), "policies/..2/a/x.lua": versioned(2)}) as folder:
            os.symlink("..1", os.path.join(folder.path, "policies/..data"))
            os.symlink("..data/a", os.path.join(folder.path, "policies/a"))
            with AdminServer(folder) as server:
                for version in (2, 1, 2):
                    os.symlink(f"..{version}", server.place("policies/..next"))
                    os.replace(server.place("policies/..next"), server.place("policies/..data"))
                    server.wait_for_value(version)
                shutil.rmtree(server.place("policies/..1"))
                server.write("policies/..2/a/x.lua", versioned(3))
                server.wait_for_value(3)

    def test_more_events_than_the_system_keeps(self):
        """What is lost is found by looking."""
        with open("/proc/sys/fs/inotify/max_queued_events", encoding="ascii") as file:
            queued = int(file.read())
        if queued > 100_000:
            self.skipTest("the system keeps too many events")
        server = self.serve()
        server.process.send_signal(signal.SIGSTOP)
        try:
            for number in range(queued // 2 + 1000):
                name = server.place(f"policies/a/noise{number % 7}")
                with open(name, "w", encoding="ascii") as file:
                    file.write("x")
                os.remove(name)
            server.write("policies/n/new.lua", versioned(2))
            server.write("policies/a/x.lua", versioned(2))
        finally:
            server.process.send_signal(signal.SIGCONT)
        server.wait_for_value(2)
        server.wait_for_value(2, "n.new")
        server.write("policies/n/new.lua", versioned(3))
        server.wait_for_value(3, "n.new")

    def read_until(self, process, *patterns):
        """Reads what it says until each has been said."""
        said = b""
        while not all(re.search(pattern, said) for pattern in patterns):
            text = process.stderr.readline()
            self.assertTrue(text, said)
            said += text

    def test_without_news_of_files(self):
        """Where the system has no watches to give, that is said, and reloads are asked for."""
        script = "echo 0 > /proc/sys/user/max_inotify_instances && exec \"$@\""
        probe = subprocess.run(["unshare", "-Ur", "sh", "-c", script, "sh", "true"], capture_output=True, check=False)
        if probe.returncode:
            self.skipTest("no user namespaces")
        with Folder(FILES) as folder:
            path = os.path.join(folder.path, "s")
            command = ["unshare", "-Ur", "sh", "-c", script, "sh", REMIT, "serve", "--admin-unix", path, "--policies",
                       os.path.join(folder.path, "policies"), "--plugins", "none"]
            process = subprocess.Popen(command, stderr=subprocess.PIPE)
            try:
                self.read_until(process, rb"listening on", rb"warning: cannot watch .*max_user_instances.*SIGHUP")
                with open(os.path.join(folder.path, "policies/a/x.lua"), "w", encoding="utf-8") as file:
                    file.write(versioned(2))
                connection = socket.socket(socket.AF_UNIX)
                connection.connect(path)
                with Client(connection) as client:
                    self.assertEqual(client.call("admin.reload")["result"]["changed"], ["a.x"])
                with open(os.path.join(folder.path, "policies/a/x.lua"), "w", encoding="utf-8") as file:
                    file.write(versioned(3))
                self.read_until(process, rb"changed a\.x")
                process.send_signal(signal.SIGHUP)
                self.read_until(process, rb"changed a\.x")
            finally:
                process.kill()
                process.wait()
                process.stderr.close()


class RefusalTests(ReloadTest):
    """What is wrong changes nothing, and is said in full."""

    def check_refused(self, server, *problems):
        before = server.snapshot()
        answer = server.reload()
        message = answer["error"]["message"]
        place = re.match(r"([^:]+):(?:(\d+):)? ", message)
        self.assertEqual(answer["error"]["data"], {"code": "policy_error", "path": place[1], **({"line": int(place[2])} if place[2] else {})})
        self.assertLessEqual(len(message.encode()), 1024)
        self.assertRegex(message, "^" + problems[0])
        for problem in problems:
            server.wait_for(b"error: " + problem.encode())
        server.wait_for(rb"reload refused, snapshot " + before.encode() + b" stays in force")
        self.assertEqual(server.snapshot(), before)
        self.assertEqual(server.value(), 1)

    def test_a_broken_policy(self):
        server = self.serve()
        server.write("policies/a/x.lua", versioned(2).replace("outcome =", "outcome = ="))
        self.check_refused(server, r"a/x\.lua:9: ")
        server.write("policies/a/y.lua", "return 5")
        self.check_refused(server, r"a/x\.lua:9: ", r"a/y\.lua")
        server.write("policies/a/y.lua", versioned(2))
        self.check_refused(server, r"a/x\.lua:9: ")
        self.assertEqual(server.value("a.y"), 1, "all or nothing")
        server.write("policies/a/x.lua", versioned(2))
        server.wait_for_value(2)
        server.wait_for_value(2, "a.y")

    def test_many_problems(self):
        server = self.serve()
        for number in range(150):
            server.write(f"policies/m/p{number:03}.lua", "return nothing ~ at all")
        before = server.snapshot()
        server.write("policies/m/p000.lua", "x = ")
        answer = server.reload()
        message = answer["error"]["message"]
        self.assertLessEqual(len(message.encode()), 1024)
        self.assertRegex(message, r"^m/p000\.lua:1: .*\(and \d+ more\)$")
        server.wait_for(rb"m/p098\.lua:1: ")
        server.wait_for(rb"and \d+ more problems")
        self.assertEqual(server.snapshot(), before)

    def test_a_failing_test(self):
        server = self.serve()
        server.write("policies/a/x_test.lua", tests("a.x", 2))
        server.wait_for(rb'a/x_test\.lua:1: test "the value" of a\.x: [^\n]*expected 2, got 1')
        self.check_refused(server, r'a/x_test\.lua:1: test "the value" of a\.x')
        server.write("policies/a/x.lua", versioned(2))
        server.wait_for_value(2)
        server.write("policies/a/x.lua", versioned(3))
        server.wait_for(rb"expected 2, got 3")
        self.assertEqual(server.value(), 2)

    def test_a_test_that_fails_because_of_what_it_reads(self):
        server = self.serve({
            "policies/lib/expected.lua": "return { value = 1 }",
            "policies/a/x_test.lua": 'local expected = require "lib.expected"\n'
                                     + tests("a.x", "expected.value")})
        server.write("policies/lib/expected.lua", "return { value = 5 }")
        self.check_refused(server, r'a/x_test\.lua:2: test "the value" of a\.x')
        server.write("policies/lib/expected.lua", "return { value = 1 }")
        server.wait_until(lambda: "result" in server.reload(), "all is well")

    def test_a_file_of_tests_that_is_broken(self):
        server = self.serve()
        server.write("policies/a/x_test.lua", "return test (")
        self.check_refused(server, r"a/x_test\.lua:1: ")
        server.write("policies/a/y_test.lua", 'return test "a.nothing" { { name = "n", input = {}, expect = {} } }')
        self.check_refused(server, r"a/x_test\.lua:1: ", r'a/y_test\.lua: unknown policy "a\.nothing"')
        server.write("policies/a/x_test.lua", tests("a.x", 1))
        self.check_refused(server, r'a/y_test\.lua: unknown policy "a\.nothing"')

    def test_a_broken_plugin_that_no_policy_uses(self):
        server = self.serve()
        server.write("plugins/facts/plugin.lua", "return {")
        self.check_refused(server, r"plugins/facts/plugin\.lua:1: ")

    def test_a_golden_decision(self):
        golden = '{"input":{},"decision":{"outcome":"approve","reasons":["ok"],"value":%d}}\n'
        server = self.serve({"policies/a/x_golden.ndjson": golden % 1})
        server.write("policies/a/x_golden.ndjson", golden % 2)
        self.check_refused(server, r"a/x_golden\.ndjson:1: ")

    def test_a_service_that_would_not_start_does_not(self):
        with Folder({**FILES, "plugins/facts/plugin.lua": "return {"}) as folder:
            done = folder.run("serve", "--stdio")
            self.assertEqual((done.returncode, done.stdout), (4, b""))
            self.assertRegex(done.stderr, rb"plugins/facts/plugin\.lua:1: ")


class AdminTests(ReloadTest):
    def test_only_where_it_is_allowed(self):
        folder = self.enterContext(Folder(FILES))
        second = os.path.join(folder.path, "second")
        server = self.enterContext(AdminServer(folder, "--admin-unix", second))
        for path in (server.admin_path, second):
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        for connect in (server.tcp, server.unix):
            with connect() as client:
                for method, params in (("admin.reload", {}), ("admin.rollback", {"snapshot": "x"})):
                    self.assertEqual(client.call(method, **params)["error"]["code"], -32601)
        data = line(request("admin.reload")) + line(request("health", 2))
        done = stdio(data, policies=server.policies)
        answers = [json.loads(text) for text in done.stdout.splitlines()]
        self.assertEqual(answers[0]["error"]["code"], -32601)
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(second)
        with Client(connection) as client:
            self.assertEqual(client.call("decide", policy="a.x", input={})["result"]["decision"]["value"], 1)
            self.assertEqual(client.call("admin.reload")["result"], {"snapshot": server.snapshot(), "changed": []})
            self.assertEqual(client.call("admin.reload", policy="a.x")["error"]["code"], -32602)
            self.assertEqual(client.call("admin.rollback")["error"]["code"], -32602)
            self.assertEqual(client.call("admin.rollback", snapshot=5)["error"]["code"], -32602)
            methods = "decide, decide_batch, policies, health"
            self.assertEqual(client.call("admin.relaod")["error"]["message"], f'no method "admin.relaod" (there are {methods}, admin.reload, admin.rollback)')
        with server.tcp() as client:
            self.assertEqual(client.call("admin.reload")["error"]["message"], f'no method "admin.reload" (there are {methods})')
        server.terminate()
        self.assertEqual(server.wait(), 0)
        self.assertFalse(os.path.exists(server.admin_path) or os.path.exists(second))

    def test_a_mode_under_any_mask(self):
        with Folder(FILES) as folder:
            mask = os.umask(0)
            try:
                with AdminServer(folder) as server:
                    self.assertEqual(stat.S_IMODE(os.stat(server.admin_path).st_mode), 0o600)
            finally:
                os.umask(mask)

    def test_a_signal(self):
        server = self.serve()
        server.write("policies/a/x.lua", versioned(2))
        server.process.send_signal(signal.SIGHUP)
        server.wait_for(rb"changed a\.x")
        self.assertEqual(server.value(), 2)
        server.wait_until(lambda: b"nothing changed" in server.said() or server.process.send_signal(signal.SIGHUP))
        self.assertIsNone(server.process.poll())

    def test_a_signal_before_the_service_is_ready(self):
        files = {f"policies/m/p{number}.lua": versioned(number) for number in range(300)}
        with Folder({**FILES, **files}) as folder:
            command = [REMIT, "serve", "--listen", "127.0.0.1:0", "--policies", os.path.join(folder.path, "policies"),
                       "--plugins", "none"]
            process = subprocess.Popen(command, stderr=subprocess.PIPE)
            try:
                # Caught from here on: until then the process is the shell's to end.
                end = time.monotonic() + 30
                while not self.catches_hangup(process.pid) and time.monotonic() < end:
                    time.sleep(0.001)
                process.send_signal(signal.SIGHUP)
                said = b""
                # In either order: the folders are watched by a thread of its own.
                while b"nothing changed" not in said or b"listening on" not in said:
                    text = process.stderr.readline()
                    self.assertTrue(text, said)
                    said += text
            finally:
                process.kill()
                process.wait()
                process.stderr.close()

    @staticmethod
    def catches_hangup(pid):
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            caught = re.search(r"SigCgt:\s*([0-9a-f]+)", file.read())
        return int(caught.group(1), 16) & 1

    def test_rolling_back(self):
        server = self.serve()
        first = server.snapshot()
        snapshots = [first]
        for value in range(2, 13):
            server.replace("policies/a/x.lua", versioned(value))
            result = server.reload()["result"]
            self.assertEqual(server.value(), value)
            snapshots.append(result["snapshot"])
        self.assertEqual(len(set(snapshots)), 12)
        # Ten are kept.
        for gone in snapshots[:2] + ["", "x" * 500]:
            message = server.roll_back(gone)["error"]["message"]
            self.assertIn("is not kept", message)
            self.assertNotIn(snapshots[1], message.split("last:")[1])
            for kept in snapshots[2:]:
                self.assertIn(kept, message)
        answer = server.roll_back(snapshots[5])
        self.assertEqual(answer["result"], {"snapshot": snapshots[5], "changed": ["a.x"]})
        self.assertEqual(server.value(), 6)
        server.wait_for(rb"rolled back: snapshot " + snapshots[5].encode() + rb", changed a\.x")
        # A file that is touched, or written with the same bytes, has not changed.
        os.utime(server.place("policies/a/x.lua"))
        server.write("policies/a/x.lua", versioned(12))
        server.write("policies/a/unrelated.txt", "x")
        self.assertEqual(server.value(), 6)
        # Whoever asks gets what the files say.
        self.assertEqual(server.reload()["result"], {"snapshot": snapshots[11], "changed": ["a.x"]})
        self.assertEqual(server.value(), 12)
        # And so does whoever changes a file.
        server.roll_back(snapshots[5])
        self.assertEqual(server.value(), 6)
        server.write("policies/a/y.lua", versioned(2))
        server.wait_for_value(2, "a.y")
        self.assertEqual(server.value(), 12)
        # A change that is taken back is a change.
        server.write("policies/a/y.lua", "return (")
        server.wait_for(rb"a/y\.lua:1")
        server.roll_back(snapshots[5])
        server.write("policies/a/y.lua", versioned(2))
        server.wait_for_value(2, "a.y")
        self.assertEqual(server.value(), 12)


class LoadTests(ReloadTest):
    """Reloads while others ask."""

    def test_a_thousand_reloads_under_load(self):
        server = self.serve({"policies/a/x_test.lua": 'return test "a.x" { { name = "t", input = {}, '
                                                      'expect = { outcome = "approve" } } }'})
        versions = {}
        errors = []
        seen = set()
        stop = threading.Event()
        inputs = [{}] * 20

        def check(version, value):
            seen.add(version)
            known = versions.setdefault(version, value)
            if known != value:
                errors.append(f"{version} gave {known} and {value}")

        def ask(connect, in_flight):
            try:
                with connect(timeout=60) as client:
                    single = line(request("decide", policy="a.x", input={}))
                    batch = line(request("decide_batch", 2, policy="a.x", inputs=inputs))
                    array = json.dumps([request("decide", n, policy="a.x", input={}) for n in range(5)]).encode() + b"\n"
                    while not stop.is_set():
                        client.send(single * in_flight + batch + array)
                        for _ in range(in_flight):
                            result = json.loads(client.line())["result"]
                            check(result["version"], result["decision"]["value"])
                        result = json.loads(client.line())["result"]
                        for element in result["results"]:
                            check(result["version"], element["decision"]["value"])
                        parts = [answer["result"] for answer in json.loads(client.line())]
                        if len({part["version"] for part in parts}) != 1:
                            errors.append("one line, two versions")
                        for part in parts:
                            check(part["version"], part["decision"]["value"])
            except Exception as error:  # noqa: BLE001
                errors.append(repr(error))

        threads = [threading.Thread(target=ask, args=(connect, in_flight)) for connect, in_flight in
                   ((server.tcp, 50), (server.tcp, 1), (server.unix, 10), (server.tcp, 10))]
        for thread in threads:
            thread.start()
        end = time.monotonic() + 20
        reloads = 0
        with server.admin() as client:
            while reloads < 1000 and time.monotonic() < end and not errors:
                value = reloads + 2
                server.replace("policies/a/x.lua", versioned(value))
                answer = client.call("admin.reload")
                # The watcher may have been quicker.
                self.assertIn(answer["result"]["changed"], (["a.x"], []))
                reloads += 1
        last = client_value = server.value()
        stop.set()
        for thread in threads:
            thread.join()
        self.assertEqual(errors, [])
        self.assertEqual(last, reloads + 1, client_value)
        self.assertGreater(reloads, 100)
        self.assertGreater(len(seen), 20)
        self.assertEqual(server.count(rb"refused"), 0)
        # What is no more in force is let go of.
        with open(f"/proc/{server.process.pid}/status", encoding="ascii") as file:
            resident = int(re.search(r"VmRSS:\s*(\d+)", file.read()).group(1))
        self.assertLess(resident, 200_000)

    def test_many_admins_at_once(self):
        server = self.serve()
        answers = []

        def ask(number):
            with server.admin() as client:
                for _ in range(20):
                    answers.append(client.call("admin.reload"))

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for value in range(2, 20):
            server.replace("policies/a/x.lua", versioned(value))
        for thread in threads:
            thread.join()
        self.assertEqual(len(answers), 160)
        self.assertEqual([answer for answer in answers if "result" not in answer], [])
        server.reload()
        self.assertEqual(server.value(), 19)

    def test_a_batch_goes_on_with_what_it_began_with(self):
        slow = ("local x = 0\nfor i = 1, 20000 do x = (x * 7 + i) %% 1000 end\n"
                'return { outcome = "approve", reasons = { "ok" }, value = %d }')
        server = self.serve({"policies/a/slow.lua": policy(slow % 1)})
        rows = 3000
        with server.tcp(timeout=120) as client:
            client.send(line(request("decide_batch", policy="a.slow", inputs=[{}] * rows))
                        + line(request("decide", 2, policy="a.slow", input={})))
            server.replace("policies/a/slow.lua", policy(slow % 2))
            self.assertEqual(server.reload()["result"]["changed"], ["a.slow"])
            self.assertEqual(server.value("a.slow"), 2)
            result = json.loads(client.line())["result"]
            values = {element["decision"]["value"] for element in result["results"]}
            self.assertEqual(len(result["results"]), rows)
            self.assertEqual(len(values), 1)
            self.assertEqual(json.loads(client.line())["result"]["decision"]["value"], 2)

    def test_killed_in_the_middle(self):
        """It has nothing to lose: it starts again with what the files say."""
        with Folder({**FILES, **{f"policies/m/p{n}.lua": versioned(n) for n in range(100)},
                     "policies/lib/shared.lua": "return 1"}) as folder:
            for number in range(3):
                with AdminServer(folder) as server:
                    with server.admin() as client:
                        for n in range(100):
                            server.replace(f"policies/m/p{n}.lua", versioned(n + number + 1))
                        client.send(line(request("admin.reload")))
                        time.sleep(0.01 * number)
                        server.process.kill()
                        server.wait()
            # Its sockets are taken over.
            with AdminServer(folder) as server:
                self.assertEqual(server.value("m.p5"), 8)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""The program beside other ways to do the same calls, in one run against one simulator process; prints ratios.

  peers.py PROGRAM [TASKS]

A peer that is not installed is left out:
  - Tencent Cloud's Node.js SDK: node, and `npm install tencentcloud-sdk-nodejs-common` in a folder of your own,
    whose node_modules is NODE_PATH
  - GNU parallel with curl (Debian: parallel, curl). The requests are signed beforehand, outside of the time: curl
    cannot sign them. So this is one process a request and nothing else.
No peer keeps a state, follows limits or survives being killed: what is compared is the cost of the calls.
"""
import hashlib
import hmac
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

SCENARIO = """
limits: {create_rate: 100000, query_rate: 100000, video: unlimited}
times: {speed: 100000}
"""
AT_ONCE = 64
HERE = pathlib.Path(__file__).resolve().parent
KEYS = {"TENCENTCLOUD_SECRET_ID": "bench", "TENCENTCLOUD_SECRET_KEY": "bench",
        "TENCENTCLOUD_VOD_SUB_APP_ID": "1500000001"}


def children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def timed(call):
    cpu, start = children(), time.monotonic()
    call()
    return {"seconds": time.monotonic() - start, "cpu": children() - cpu}


class Peers:
    def __init__(self, program, tasks, folder):
        self.program, self.tasks, self.folder = program, tasks, folder
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **KEYS}
        (folder / "scenario.yaml").write_text(SCENARIO)
        self.sim = subprocess.Popen([program, "sim", "--port", "0", "--scenario", "scenario.yaml"], cwd=folder,
                                    text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                    env=self.environment)
        info = json.loads(self.sim.stdout.readline())
        self.host, self.ca = f"127.0.0.1:{info['port']}", info["ca"]

    def run(self, arguments, **more):
        return subprocess.run(arguments, cwd=self.folder, check=True, env={**self.environment, **more},
                              stdout=subprocess.PIPE, text=True).stdout

    def ours(self):
        lines = ["manifest: 1", "name: peers", "defaults: {model: Kling/2.5, duration: 5, resolution: 720P}",
                 f"limits: {{max_in_flight: {AT_ONCE}, submit_rate: 100000, poll_rate: 100000, first_look: 1ms,"
                 " look_every: 1ms}", "tasks:"]
        lines += [f"  - {{id: t{i}, prompt: A kite over the dunes {i}}}" for i in range(self.tasks)]
        (self.folder / "peers.yaml").write_text("\n".join(lines) + "\n")
        return timed(lambda: self.run([self.program, "run", "peers.yaml", "--quiet", "--no-download", "--endpoint",
                                       f"https://{self.host}", "--ca-file", self.ca, "--fresh"]))

    def node_sdk(self):
        path = os.environ.get("NODE_PATH", "")
        if not shutil.which("node") or not (pathlib.Path(path) / "tencentcloud-sdk-nodejs-common").is_dir():
            return None
        out = self.run(["node", str(HERE / "node_sdk.js"), self.host, str(self.tasks), str(AT_ONCE)],
                       NODE_PATH=path, NODE_EXTRA_CA_CERTS=self.ca)
        return json.loads(out)

    def parallel_curl(self):
        if not shutil.which("parallel") or not shutil.which("curl"):
            return None
        (self.folder / ".parallel").mkdir(exist_ok=True)
        (self.folder / ".parallel/will-cite").touch()
        creates = self.sign("CreateAigcVideoTask", [
            {"SubAppId": 1500000001, "ModelName": "Kling", "ModelVersion": "2.5", "Prompt": f"A kite {i}",
             "OutputConfig": {"Duration": 5, "Resolution": "720P"}, "SessionId": f"peer-curl-{i}"}
            for i in range(self.tasks)])
        answers = []
        first = timed(lambda: answers.append(self.all_at_once(creates)))
        ids = re.findall(r'"TaskId": ?"([^"]+)"', answers[0])
        looks = self.sign("DescribeTaskDetail", [{"SubAppId": 1500000001, "TaskId": one} for one in ids])
        second = timed(lambda: answers.append(self.all_at_once(looks)))
        if answers[1].count('"FINISH"') < self.tasks:
            return None
        return {key: first[key] + second[key] for key in first}

    def all_at_once(self, configs):
        names = self.folder / "names"
        names.write_text("\n".join(configs) + "\n")
        return self.run(["parallel", "-j", str(AT_ONCE), "-a", str(names), "curl", "-sS", "-K"])

    def sign(self, action, bodies):
        """A curl configuration for each body, signed with TC3-HMAC-SHA256."""
        now = int(time.time())
        date = time.strftime("%Y-%m-%d", time.gmtime(now))
        key = b"TC3bench"
        for part in (date, "vod", "tc3_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        names = []
        for number, body in enumerate(bodies):
            text = json.dumps(body)
            canonical = (f"POST\n/\n\ncontent-type:application/json\nhost:{self.host}\n\ncontent-type;host\n"
                         + hashlib.sha256(text.encode()).hexdigest())
            to_sign = (f"TC3-HMAC-SHA256\n{now}\n{date}/vod/tc3_request\n"
                       + hashlib.sha256(canonical.encode()).hexdigest())
            signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
            headers = {"Content-Type": "application/json", "X-TC-Action": action, "X-TC-Version": "2018-07-17",
                       "X-TC-Timestamp": str(now),
                       "Authorization": f"TC3-HMAC-SHA256 Credential=bench/{date}/vod/tc3_request,"
                                        f" SignedHeaders=content-type;host, Signature={signature}"}
            name = f"{action}-{number}.conf"
            quoted = text.replace("\\", "\\\\").replace('"', '\\"')
            (self.folder / name).write_text(
                f'url = "https://{self.host}/"\ncacert = "{self.ca}"\ndata = "{quoted}"\n'
                + "".join(f'header = "{k}: {v}"\n' for k, v in headers.items()))
            names.append(name)
        return names

    def stop(self):
        self.sim.send_signal(signal.SIGTERM)
        self.sim.communicate(timeout=60)


def main():
    program = os.path.abspath(sys.argv[1])
    tasks = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    with tempfile.TemporaryDirectory(prefix="aigc-peers-") as name:
        peers = Peers(program, tasks, pathlib.Path(name))
        ours = None
        for label, measure in (("aigc-batch, state on disk", peers.ours), ("Node.js SDK, no state", peers.node_sdk),
                               ("GNU parallel and curl", peers.parallel_curl)):
            figures = measure()
            if figures is None:
                print(f"{label:<28} not installed")
                continue
            ours = ours or figures
            print(f"{label:<28} {tasks / figures['seconds']:8.0f} tasks/s {figures['cpu'] * 1e3 / tasks:8.3f} ms CPU/task"
                  f"   time {figures['seconds'] / ours['seconds']:6.2f}, CPU {figures['cpu'] / ours['cpu']:6.2f} times ours",
                  flush=True)
        peers.stop()


if __name__ == "__main__":
    main()

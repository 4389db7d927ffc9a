"""A local endpoint that misbehaves the way real ones do, for tests of what asks it."""

import json
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = "sk-a-key-that-nobody-may-see-4711"
KEY_VARIABLE = "TEST_ENDPOINT_KEY"
GOOD = (200, {}, None)


def completion(text, finish_reason="stop", **fields):
    """The body of a good answer."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish_reason}
    usage = {"prompt_tokens": 11, "completion_tokens": 5, "total_tokens": 16}
    return json.dumps({"id": "c", "object": "chat.completion", "choices": [choice], "usage": usage, **fields})


class Endpoint(ThreadingHTTPServer):
    """Answers POST number i with `script[i]`, and with a good completion after the script's end.

    An entry is (status, headers, body), a pause in seconds before a good answer, or "cut" (the line breaks within the
    announced body). `answered` counts the good answers that went out whole, by the last message. A GET gets what
    `pages` has for its path as JSON, a number as its status, or 404.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, script=(), pages=None):
        self.pages = pages or {}
        self.script, self.requests, self.times, self.lock = list(script), [], [], threading.Lock()
        self.busy = self.most_busy = 0
        self.answered = Counter()
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/v1"

    @property
    def asked(self):
        """The last message of every request, in order."""
        return [body["messages"][-1]["content"] for _, _, body in self.requests]

    def start(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def stop(self):
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        page = self.server.pages.get(self.path.partition("?")[0], 404)
        self.send_response(page if isinstance(page, int) else 200)
        self.end_headers()
        self.wfile.write(json.dumps(page).encode())

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server = self.server
        with server.lock:
            number = len(server.requests)
            headers = {name.lower(): value for name, value in self.headers.items()}
            server.requests.append((self.path, headers, body))
            server.times.append(time.monotonic())
            server.busy += 1
            server.most_busy = max(server.most_busy, server.busy)
        act = server.script[number] if number < len(server.script) else GOOD
        if isinstance(act, float):
            time.sleep(act)
            act = GOOD
        with server.lock:
            server.busy -= 1
        question = body["messages"][-1]["content"]
        if act == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(completion(f"answer to {question}").encode()[:40])
            return
        status, headers, text = act
        data = (text or completion(f"answer to {question}")).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        # Counted first: who has the answer may look at the count at once.
        good = Counter([question] if text is None else [])
        with server.lock:
            server.answered.update(good)
        try:
            self.wfile.write(data)
        except (BrokenPipeError, ConnectionResetError):
            assert number < len(server.script), "only a client that gave up on a slow answer may hang up"
            with server.lock:
                server.answered -= good

    def log_message(self, *_):
        pass

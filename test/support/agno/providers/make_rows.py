"""Makes <version>.ndjson: rows that Agno itself wrote, with its own classes of models against a stand-in on this machine.

Run it with the Python of an environment that has one version of Agno:
    pip install agno==3.1.10 "sqlalchemy[asyncio]" openai google-genai anthropic boto3
    python make_rows.py 21800 rows.db > 3.1.10.ndjson
It prints what `dump_agno.py` of docs/importing-from-agno.md prints. The stand-in asks for two tools at once, then answers.
"""

import json
import logging
import os
import sqlite3
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT, DATABASE = int(sys.argv[1]), sys.argv[2]
BASE = f"http://127.0.0.1:{PORT}"
CALLS = [("add", {"a": 1, "b": 2}), ("shout", {"word": "hi"})]
ANSWER = "It is 3, and HI."
THOUGHT = "Two tools are needed."
SIGNATURE = "c2lnbmF0dXJl"
logging.disable(logging.CRITICAL)
os.environ.update(AGNO_TELEMETRY="false", AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_REGION="us-east-1")


def chat(body):
    tools = [tool["function"]["name"] for tool in body.get("tools") or []]
    has_results = any(message["role"] == "tool" for message in body["messages"])
    message = {"role": "assistant", "content": ANSWER if has_results or not tools else None}
    if tools and not has_results:
        asked = CALLS if "add" in tools else [(tools[0], {"to": "ada", "text": "hello"})]
        message["tool_calls"] = [
            {"id": f"call_{nth}", "type": "function", "function": {"name": name, "arguments": json.dumps(args)}}
            for nth, (name, args) in enumerate(asked)
        ]
    if body["model"].startswith("deepseek"):
        message["reasoning_content"] = THOUGHT
    if "reasoning-details" in body["model"]:
        message["reasoning"] = THOUGHT
        message["reasoning_details"] = [{"type": "reasoning.text", "text": THOUGHT, "signature": SIGNATURE, "index": 0}]
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "total_tokens": 120,
        "prompt_tokens_details": {"cached_tokens": 64, "audio_tokens": 7, "cache_write_tokens": 3},
        "completion_tokens_details": {"reasoning_tokens": 12, "audio_tokens": 5},
        "cost": 0.0125,
    }
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if "tool_calls" in message else "stop"}
    return {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": body["model"], "choices": [choice], "usage": usage}


def responses(body):
    done = isinstance(body["input"], list) and any(item.get("type") == "function_call_output" for item in body["input"])
    thought = {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [{"type": "summary_text", "text": THOUGHT}],
        "encrypted_content": "gAAAA-secret",
    }
    calls = [
        {"type": "function_call", "id": f"fc_{nth}", "call_id": f"call_{nth}", "name": name, "arguments": json.dumps(args), "status": "completed"}
        for nth, (name, args) in enumerate(CALLS)
    ]
    text = {"type": "output_text", "text": ANSWER, "annotations": []}
    said = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [text]}
    usage = {
        "input_tokens": 100,
        "output_tokens": 20,
        "total_tokens": 120,
        "input_tokens_details": {"cached_tokens": 64},
        "output_tokens_details": {"reasoning_tokens": 12},
    }
    return {
        "id": "resp_2" if done else "resp_1",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "model": body["model"],
        "output": [said] if done else [thought, *calls],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": usage,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "temperature": 1.0,
        "top_p": 1.0,
    }


def gemini(body):
    done = any("functionResponse" in part for content in body["contents"] for part in content["parts"])
    calls = [{"functionCall": {"name": name, "args": args}} for name, args in CALLS]
    calls[0]["thoughtSignature"] = SIGNATURE
    thought = {"text": THOUGHT, "thought": True}
    return {
        "candidates": [{"content": {"role": "model", "parts": [{"text": ANSWER}] if done else [thought, *calls]}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {"promptTokenCount": 100, "candidatesTokenCount": 20, "totalTokenCount": 120, "cachedContentTokenCount": 64, "thoughtsTokenCount": 12},
    }


def claude(body):
    done = any(isinstance(m["content"], list) and any(p.get("type") == "tool_result" for p in m["content"]) for m in body["messages"])
    calls = [{"type": "tool_use", "id": f"toolu_{nth}", "name": name, "input": args} for nth, (name, args) in enumerate(CALLS)]
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [{"type": "text", "text": ANSWER}] if done else calls,
        "stop_reason": "end_turn" if done else "tool_use",
        "stop_sequence": None,
        "usage": {"input_tokens": 100, "output_tokens": 20, "cache_read_input_tokens": 64, "cache_creation_input_tokens": 3},
    }


def bedrock(body):
    done = any("toolResult" in part for message in body["messages"] for part in message["content"])
    calls = [{"toolUse": {"toolUseId": f"tooluse_{nth}", "name": name, "input": args}} for nth, (name, args) in enumerate(CALLS)]
    return {
        "output": {"message": {"role": "assistant", "content": [{"text": ANSWER}] if done else calls}},
        "stopReason": "end_turn" if done else "tool_use",
        "usage": {"inputTokens": 100, "outputTokens": 20, "totalTokens": 120},
        "metrics": {"latencyMs": 1},
    }


class StandIn(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        kinds = {"chat/completions": chat, "responses": responses, "generateContent": gemini, "messages": claude, "converse": bedrock}
        answer = next(make for end, make in kinds.items() if self.path.split("?")[0].endswith(end))(body)
        text = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", PORT), StandIn)
threading.Thread(target=server.serve_forever, daemon=True).start()

import boto3  # noqa: E402
from agno.agent import Agent  # noqa: E402
from agno.db.sqlite import SqliteDb  # noqa: E402
from agno.models.anthropic import Claude  # noqa: E402
from agno.models.aws import AwsBedrock  # noqa: E402
from agno.models.deepseek import DeepSeek  # noqa: E402
from agno.models.google import Gemini  # noqa: E402
from agno.models.message import Message  # noqa: E402
from agno.models.openai import OpenAIChat, OpenAIResponses  # noqa: E402
from agno.models.openrouter import OpenRouter  # noqa: E402
from agno.tools import tool  # noqa: E402
from google import genai  # noqa: E402

db = SqliteDb(db_file=DATABASE)


def add(a: int, b: int) -> str:
    """Adds."""
    return str(a + b)


def shout(word: str) -> str:
    """Shouts."""
    return word.upper()


@tool(requires_user_input=True)
def send(to: str, text: str) -> str:
    """Sends."""
    return f"sent {text} to {to}"


@tool(requires_confirmation=True)
def remove(to: str, text: str) -> str:
    """Removes."""
    return f"removed {text}"


def plain():
    return OpenAIChat(id="fake-1", base_url=f"{BASE}/v1", api_key="x")


def agent(model, tools=(), **more):
    return Agent(id="assistant", name="Assistant", model=model, tools=list(tools), db=db, **more)


MODELS = {
    "responses": lambda: OpenAIResponses(id="gpt-5-fake", store=False, base_url=f"{BASE}/v1", api_key="x"),
    "gemini": lambda: Gemini(id="gemini-fake", client=genai.Client(api_key="x", http_options={"base_url": BASE})),
    "bedrock": lambda: AwsBedrock(id="bedrock-fake", client=boto3.client("bedrock-runtime", "us-east-1", endpoint_url=BASE)),
    "claude": lambda: Claude(id="claude-fake", api_key="x", client_params={"base_url": BASE}),
    "deepseek": lambda: DeepSeek(id="deepseek-fake", base_url=f"{BASE}/v1", api_key="x"),
    "openrouter": lambda: OpenRouter(id="reasoning-details", base_url=f"{BASE}/v1", api_key="x"),
}
for name, model in MODELS.items():
    agent(model(), [add, shout]).run("go", session_id=name, user_id="ada", metadata={"from": name})

examples = [Message(role="user", content="say ping"), Message(role="assistant", content="ping")]
agent(plain(), additional_input=examples).run("say pong", session_id="examples", user_id="ada")
listed = [Message(role="user", content="first"), Message(role="assistant", content="noted"), Message(role="user", content="second")]
agent(plain()).run(listed, session_id="listed", user_id="ada")

agent(plain(), [send]).run("send it", session_id="asked", user_id="ada")
for session, note in (("confirmed", None), ("rejected", "not that one")):
    asking = agent(plain(), [remove])
    paused = asking.run("remove it", session_id=session, user_id="ada")
    for one in paused.tools:
        one.confirmed, one.confirmation_note = note is None, note
    for requirement in getattr(paused, "requirements", None) or []:
        requirement.tool_execution.confirmed, requirement.tool_execution.confirmation_note = note is None, note
    asking.continue_run(run_response=paused)

server.shutdown()

rows = sqlite3.connect(DATABASE)
rows.row_factory = sqlite3.Row
tables = {row[0] for row in rows.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
for row in rows.execute("SELECT * FROM agno_sessions ORDER BY created_at, session_id"):
    session = dict(row)
    print(json.dumps(session))
    if "agno_runs" in tables:
        query = "SELECT * FROM agno_runs WHERE session_id = ? ORDER BY run_index"
        for run in rows.execute(query, (session["session_id"],)):
            print(json.dumps(dict(run)))

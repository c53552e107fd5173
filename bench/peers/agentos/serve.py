"""AgentOS as its documents start it: one agent, SqliteDb (which sets WAL by itself), uvicorn with one worker."""

import os
import sys
import threading

import uvicorn
from agno.agent import Agent
from agno.db.sqlite import SqliteDb
from agno.models.openai.like import OpenAILike
from agno.os import AgentOS

port, file, model_url = sys.argv[1:]


def end_with_parent():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_parent, daemon=True).start()
agent = Agent(
    id="assistant",
    name="Assistant",
    instructions="You are a helpful assistant. Answer clearly and briefly, in the language you are spoken to.",
    model=OpenAILike(id="bench", base_url=model_url, api_key="none"),
    db=SqliteDb(db_file=file),
    add_history_to_context=True,
    num_history_runs=3,
    telemetry=False,
)
app = AgentOS(id="bench", agents=[agent], telemetry=False).get_app()
uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning", access_log=False)

"""
What no document of OpenAPI can say of this API, for `npm run fuzz`: each rule below takes back one kind of finding, and
says why. Everything else that Schemathesis finds is a fault, of the server or of its document.
"""

import schemathesis
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.openapi.checks import RejectedPositiveData, UndefinedStatusCode

# Parameters and fields that exclude each other, want each other, or name one thing in two places: their descriptions say so.
UNSAID = {
    # Entries of metadata are bounded by bytes.
    "list_sessions": {"page", "sort_by", "sort_order", "rank", "metadata"},
    "export_sessions": {"user_id", "all"},
    "change_sessions": {"remove_tags", "filter"},
    # One of `messages` and `message`; which of the messages is new, and so must be a text, follows from the others.
    "send_agent_chat": {"messages"},
    "send_team_chat": {"messages"},
}
# Of the pattern of If-Match Schemathesis makes a bare `0`, which it does not fit.
UNSAID_EVERYWHERE = {"user_id", "If-Match"}
# A cursor is only what an answer gave.
CURSORS = {"cursor", "before", "after"}
# AgentOS's 400 for what the run or the session is not ready for, or for fields and lists that do not go together.
BAD_REQUESTS = (
    "continue_",
    "summarize_session",
    "fork_",
    "get_agent_run_checkpoint",
    "get_team_run_checkpoint",
    "delete_sessions",
    # Of a chat's message: files, and edits.
    "send_",
)


@schemathesis.serializer("application/x-ndjson")
def lines(ctx, value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@schemathesis.hook
def filter_failure(ctx, failure, case, response):
    if isinstance(failure, RejectedPositiveData):
        return not (is_beyond_the_document(operation_id(case), response) or has_odd_parts(case, response))
    if isinstance(failure, AcceptedNegativeData):
        return not (
            is_left_out(case) or has_boolean_number(case) or is_reported(case, response) or is_passed_over(case, failure)
        )
    # The platform refuses a URL of that length before the Worker sees it.
    return not (isinstance(failure, UndefinedStatusCode) and response.status_code == 414)


def operation_id(case):
    return case.operation.definition.raw.get("operationId", "")


def is_beyond_the_document(operation, response):
    if response.status_code == 400:
        return operation.startswith(BAD_REQUESTS)
    if response.status_code != 422:
        return False
    unsaid = UNSAID.get(operation, set()) | UNSAID_EVERYWHERE | CURSORS
    errors = response.json()["detail"]
    return all(is_unsaid(error, unsaid) for error in errors)


def is_unsaid(error, unsaid):
    # A schema says of a text that it is JSON, and none is made that is.
    if error["type"] in ("json_invalid", "dict_type") and error["loc"][1:] == ["session_state"]:
        return isinstance(error["input"], str)
    # No schema reaches into what is kept as it comes: an integer in it that a number would round is refused.
    if error["type"] == "int_parsing_size":
        return error["loc"][1] in ("session_state", "metadata", "tools", "requirements")
    return error["type"] == "value_error" and error["loc"][1] in unsaid


def has_odd_parts(case, response):
    """The platform's reader of forms takes no part without a name, nor every name that is none of ours."""
    if response.status_code != 400 or case.media_type != "multipart/form-data" or not isinstance(case.body, dict):
        return False
    return not all(name.isidentifier() and name.isascii() for name in case.body)


def is_left_out(case):
    """As AgentOS has it, an empty parameter is none, and so is an empty field, or null in a body."""
    # An EventSource that has seen nothing sends no header; one that is empty says the same.
    if (case.headers or {}).get("Last-Event-ID") == "":
        return True
    query = (case.query or {}).items()
    body = case.body.items() if isinstance(case.body, dict) else ()
    values = [one for name, value in query if name != "user_id" for one in (value if isinstance(value, list) else [value])]
    return case.body is None or "" in values or any(value is None or value == "" for _, value in body)


def has_boolean_number(case):
    """As AgentOS has it, 0 and 1 are booleans too."""
    body = case.body.values() if isinstance(case.body, dict) else ()
    return any(type(value) is int and value in (0, 1) for value in body)


def is_reported(case, response):
    """An import takes any lines, and reports which are none of its own."""
    return operation_id(case) == "import_sessions" and response.status_code == 200


def is_passed_over(case, failure):
    """Clients of AI SDK send a chat's whole history. Of its new message what is used is looked at, and nothing of the others."""
    return operation_id(case).startswith("send_") and "in body - message" in failure.message

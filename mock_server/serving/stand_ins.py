"""The endpoints of operations without a resource, which answer with a documented example or a 501."""

from starlette.responses import Response

from mock_server.contract.responses import Example
from mock_server.errors import NOT_MOCKED, ApiError
from mock_server.serving.context import Context
from mock_server.serving.replies import example_reply
from mock_server.serving.stages import UnrevisedEndpoint, path_parameters


class ExampleEndpoint(UnrevisedEndpoint):
    """The application that answers an operation of a further document with its examples.

    It requires a known key for paths below the API's own base only.
    """

    async def _admitted(self, context: Context) -> Response:
        # The path of the request is used, because the operation's path may have escapes or parameters.
        if context.scope["path"].startswith(f"{self._service.base}/"):
            self._authenticate(context)
        ruled = self._rule(context)
        if ruled is not None:
            return ruled
        context.stage = "parameters"
        self._operation.check(path_parameters(self._operation, context), context.query)
        context.stage = "documented example"
        return example_reply(self._operation, self._operation.example)

    def _forced(self, example: Example, _context: Context) -> Response:
        return example_reply(self._operation, example)


class UnmockedEndpoint(UnrevisedEndpoint):
    """The application that answers 501 for an operation that is documented but not mocked yet."""

    async def _admitted(self, context: Context) -> Response:
        self._authenticate(context)
        ruled = self._rule(context)
        if ruled is not None:
            return ruled
        context.stage = "operation"
        raise ApiError(NOT_MOCKED, operation=self._operation.operation_id)

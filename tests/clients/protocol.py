"""A client made of pygls: every message is read into the types that lsprotocol derives from the protocol's own model.

What does not fit them is an error. Run by protocol.sh with the program and a copy of an example."""

import asyncio
import sys
from pathlib import Path

from lsprotocol import types
from pygls.lsp.client import LanguageClient


async def run(program: str, root: Path) -> None:
    client = LanguageClient("pygls", "1")
    diagnostics: dict[str, types.PublishDiagnosticsParams] = {}
    mistakes: list[str] = []
    heard = asyncio.Event()

    @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    def _(params: types.PublishDiagnosticsParams) -> None:
        diagnostics[params.uri] = params
        heard.set()

    @client.feature(types.CLIENT_REGISTER_CAPABILITY)
    def _(params: types.RegistrationParams) -> None:
        assert params.registrations[0].method == types.WORKSPACE_DID_CHANGE_WATCHED_FILES

    def report(error: Exception, source: object) -> None:
        mistakes.append(f"{source}: {error}")

    client.report_server_error = report

    async def until(what: str, condition) -> None:
        for _ in range(300):
            if condition():
                return
            heard.clear()
            try:
                await asyncio.wait_for(heard.wait(), 0.1)
            except asyncio.TimeoutError:
                pass
        raise AssertionError(f"waited in vain: {what}: {diagnostics}")

    await client.start_io(program, "lsp", "--stdio")
    capabilities = types.ClientCapabilities(
        general=types.GeneralClientCapabilities(position_encodings=[types.PositionEncodingKind.Utf8]),
        workspace=types.WorkspaceClientCapabilities(
            workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True),
            did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True),
        ),
        text_document=types.TextDocumentClientCapabilities(
            publish_diagnostics=types.PublishDiagnosticsClientCapabilities(related_information=True),
            hover=types.HoverClientCapabilities(content_format=[types.MarkupKind.Markdown]),
        ),
    )
    answer = await client.initialize_async(
        types.InitializeParams(capabilities=capabilities, root_uri=root.as_uri(), process_id=None)
    )
    assert answer.capabilities.position_encoding == types.PositionEncodingKind.Utf8
    client.initialized(types.InitializedParams())

    topology = (root / "topology.yaml").as_uri()
    text = (root / "topology.yaml").read_text()
    gateway = (root / "homes/gw/repository/conf/carbon.xml").as_uri()
    client.text_document_did_open(
        types.DidOpenTextDocumentParams(types.TextDocumentItem(uri=topology, language_id="yaml", version=1, text=text))
    )
    await until("the finding", lambda: gateway in diagnostics)
    [finding] = diagnostics[gateway].diagnostics
    assert finding.code == "thrift-port-mismatch" and finding.severity == types.DiagnosticSeverity.Error
    assert any(one.location.uri.endswith("homes/km/repository/conf/carbon.xml") for one in finding.related_information or [])

    def change(new: str, version: int) -> None:
        client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                text_document=types.VersionedTextDocumentIdentifier(uri=topology, version=version),
                content_changes=[types.TextDocumentContentChangeWholeDocument(text=new)],
            )
        )

    change(text.replace("role: gateway", "role: gatway"), 2)
    await until("the mistake", lambda: topology in diagnostics and diagnostics[topology].version == 2)
    assert "did you mean `gateway`?" in diagnostics[topology].diagnostics[0].message
    change(text, 3)
    await until("nothing wrong there", lambda: not diagnostics[topology].diagnostics)

    place = {"text_document": types.TextDocumentIdentifier(uri=gateway), "position": finding.range.start}
    hover = await client.text_document_hover_async(types.HoverParams(**place))
    assert hover and "gw: offset 2" in hover.contents.value
    await client.text_document_definition_async(types.DefinitionParams(**place))
    here = {"text_document": types.TextDocumentIdentifier(uri=topology), "position": types.Position(line=4, character=10)}
    roles = await client.text_document_completion_async(types.CompletionParams(**here))
    assert any(item.label == "gateway" for item in roles), roles
    actions = await client.text_document_code_action_async(
        types.CodeActionParams(
            text_document=types.TextDocumentIdentifier(uri=gateway),
            range=finding.range,
            context=types.CodeActionContext(diagnostics=[finding]),
        )
    )
    titles = [action.title for action in actions]
    assert "raise the client port by 3" in titles and "apply all safe fixes of carbonlint" in titles, titles
    edit = actions[0].edit.document_changes[0].edits[0]
    assert edit.new_text, edit

    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()
    assert not mistakes, mistakes
    print("pygls: found, typed, hovered, completed, mended")


asyncio.run(run(sys.argv[1], Path(sys.argv[2]).resolve()))

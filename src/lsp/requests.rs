//! Requests and their answers. Whatever goes wrong in one, a panic too, is an error answer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use gen_lsp_types::{
    CodeAction, CodeActionParams, CompletionParams, DefinitionParams, HoverParams, TextDocumentPositionParams, Uri,
};
use lsp_server::{ErrorCode, Request, RequestId, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::actions::Asked;
use super::documents::Documents;
use super::uri;

/// An error: its code and what it says.
type Failure = (ErrorCode, String);

/// What is answered to a request.
pub fn answer(asked: &Asked, open: &Documents, request: Request) -> Response {
    guarded(request.id.clone(), || result(asked, open, request))
}

/// The response for what comes of a request. A panic is a mistake of the program, and no reason to leave everybody alone.
fn guarded(id: RequestId, result: impl FnOnce() -> Result<serde_json::Value, Failure>) -> Response {
    let done = catch_unwind(AssertUnwindSafe(result));
    let done = done.unwrap_or_else(|_| Err((ErrorCode::InternalError, "a mistake in carbonlint: please report it".to_owned())));
    match done {
        Ok(value) => Response::new_ok(id, value),
        Err((code, message)) => Response::new_err(id, code as i32, message),
    }
}

fn result(asked: &Asked, open: &Documents, request: Request) -> Result<serde_json::Value, Failure> {
    match request.method.as_str() {
        "textDocument/codeAction" => {
            let params: CodeActionParams = read(request)?;
            let actions = path(&params.text_document.uri).map(|path| asked.actions(&params, &path));
            write(&actions)
        }
        "codeAction/resolve" => write(&asked.resolve(read::<CodeAction>(request)?)),
        "textDocument/hover" => {
            let params: HoverParams = read(request)?;
            write(&asked.hover(&place(&params.text_document_position_params)))
        }
        "textDocument/definition" => {
            let params: DefinitionParams = read(request)?;
            write(&asked.definition(&place(&params.text_document_position_params)))
        }
        "textDocument/completion" => {
            let params: CompletionParams = read(request)?;
            write(&asked.completion(open, &place(&params.text_document_position_params)))
        }
        other => Err((ErrorCode::MethodNotFound, format!("carbonlint does not know {other}"))),
    }
}

/// A place that a client asks about.
pub struct At {
    /// The file; `None` for what is none.
    pub path: Option<PathBuf>,
    /// The position in it.
    pub position: gen_lsp_types::Position,
}

fn place(params: &TextDocumentPositionParams) -> At {
    At { path: path(&params.text_document.uri), position: params.position }
}

fn path(uri: &Uri) -> Option<PathBuf> {
    uri::path(uri).map(|path| uri::real(&path))
}

fn read<T: DeserializeOwned>(request: Request) -> Result<T, Failure> {
    // What the client sent is not quoted: it may be a text with secrets.
    serde_json::from_value(request.params)
        .map_err(|_| (ErrorCode::InvalidParams, format!("the parameters of {} are not those of the protocol", request.method)))
}

fn write<T: Serialize>(value: &T) -> Result<serde_json::Value, Failure> {
    serde_json::to_value(value).map_err(|error| (ErrorCode::InternalError, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_answer() {
        let response = guarded(1.into(), || panic!("a secret"));
        let error = response.response_result.expect_err("an error");
        assert_eq!(error.code, ErrorCode::InternalError as i32);
        assert!(!error.message.contains("secret"));
    }
}

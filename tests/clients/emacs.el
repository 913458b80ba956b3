;; What a person does in Emacs with Eglot: opens a file, sees what is wrong, has it mended, sees it gone.
;; Run by emacs.sh in a copy of examples/offset-mismatch.

(require 'package)
(package-initialize)
(require 'eglot)
(require 'flymake)

(defun carbonlint-wait (what condition)
  "Wait until CONDITION holds; end with status 1 and WHAT if it never does."
  (let ((turns 0))
    (while (and (not (funcall condition)) (< turns 600))
      (accept-process-output nil 0.05)
      (setq turns (1+ turns))))
  (unless (funcall condition)
    (message "emacs: waited in vain: %s" what)
    (kill-emacs 1)))

;; Nobody is there to be asked.
(fset 'y-or-n-p (lambda (&rest _) t))
(setq eglot-confirm-server-initiated-edits nil
      eglot-confirm-server-edits nil
      eglot-sync-connect 30)
(add-to-list 'eglot-server-programs
             `((nxml-mode yaml-mode conf-toml-mode conf-javaprop-mode) . (,(getenv "CARBONLINT") "lsp")))

(find-file "homes/gw/repository/conf/carbon.xml")
(nxml-mode)
(apply #'eglot (eglot--guess-contact))
(carbonlint-wait "the finding" #'flymake-diagnostics)
(let ((found (car (flymake-diagnostics))))
  (goto-char (flymake-diagnostic-beg found))
  (cl-assert (= (line-number-at-pos) 48))
  (cl-assert (string-match-p "gw calls km on Thrift port 10399, but km listens on 10402" (flymake-diagnostic-text found))))
(let* ((server (eglot-current-server))
       (here (eglot--pos-to-lsp-position))
       (hover (jsonrpc-request server :textDocument/hover (eglot--TextDocumentPositionParams)))
       (actions (jsonrpc-request server :textDocument/codeAction
                                 `(:textDocument ,(eglot--TextDocumentIdentifier) :range (:start ,here :end ,here)
                                   :context (:diagnostics [])))))
  (cl-assert (string-match-p "gw: offset 2" (plist-get (plist-get hover :contents) :value)))
  (cl-assert (equal (plist-get (elt actions 0) :title) "raise the client port by 3"))
  (if (< (cdr (func-arity 'eglot--apply-workspace-edit)) 3)
      (eglot--apply-workspace-edit (plist-get (elt actions 0) :edit) nil)
    (eglot--apply-workspace-edit (plist-get (elt actions 0) :edit) 'eglot-code-actions nil)))
(save-some-buffers t)
(carbonlint-wait "nothing left" (lambda () (accept-process-output nil 0.2) (null (flymake-diagnostics))))
(eglot-shutdown (eglot-current-server))
(message "emacs: found, hovered, mended")

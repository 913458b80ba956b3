-- What a person does in Neovim, without a person: opens a file, sees what is wrong, has it mended, types, sees it change.
-- Run by neovim.sh in a copy of examples/offset-mismatch. Works from 0.7 on.

local program = assert(os.getenv("CARBONLINT"), "CARBONLINT names the program")
local root = vim.fn.getcwd()
local gateway = root .. "/homes/gw/repository/conf/carbon.xml"
local manager = root .. "/homes/gw/repository/conf/api-manager.xml"
local keys = root .. "/homes/km/repository/conf/carbon.xml"

local function fail(what)
  io.stderr:write("neovim: " .. what .. "\n")
  vim.cmd("cquit 1")
end

-- The messages that are shown for a file, open or not.
local function shown(path)
  local messages = {}
  for _, one in ipairs(vim.diagnostic.get(vim.uri_to_bufnr(vim.uri_from_fname(path)))) do
    table.insert(messages, one)
  end
  return messages
end

local function wait(what, condition)
  if not vim.wait(30000, condition, 20) then
    fail("waited in vain: " .. what .. "\n" .. vim.inspect(shown(gateway)))
  end
end

local function run()
  vim.cmd("silent edit " .. vim.fn.fnameescape(gateway))
  local client
  if vim.lsp.start then
    client = vim.lsp.start({ name = "carbonlint", cmd = { program, "lsp" }, root_dir = root })
  else
    client = vim.lsp.start_client({ name = "carbonlint", cmd = { program, "lsp" }, root_dir = root })
    vim.lsp.buf_attach_client(0, client)
  end
  assert(client, "the server starts")

  wait("the finding", function() return #shown(gateway) == 1 end)
  local found = shown(gateway)[1]
  assert(found.code == "thrift-port-mismatch" or found.user_data.lsp.code == "thrift-port-mismatch", vim.inspect(found))
  assert(found.lnum == 47 and found.col == 16 and found.end_col == 17, vim.inspect(found))
  assert(found.message:find("gw calls km on Thrift port 10399, but km listens on 10402", 1, true), found.message)

  -- A hover.
  vim.api.nvim_win_set_cursor(0, { 48, 16 })
  local position = vim.lsp.util.make_position_params(0, "utf-16")
  local hover = vim.lsp.buf_request_sync(0, "textDocument/hover", position, 30000)[client]
  assert(hover.result.contents.value:find("gw: offset 2", 1, true), vim.inspect(hover))

  -- Typed in another file, not saved: what is shown here changes.
  vim.cmd("silent split " .. vim.fn.fnameescape(keys))
  local other = vim.api.nvim_get_current_buf()
  vim.lsp.buf_attach_client(other, client)
  local line = vim.api.nvim_buf_get_lines(other, 47, 48, true)[1]
  vim.api.nvim_buf_set_lines(other, 47, 48, true, { (line:gsub("5", "9")) })
  wait("the new port", function()
    return #shown(gateway) == 1 and shown(gateway)[1].message:find("listens on 10406", 1, true) ~= nil
  end)
  vim.api.nvim_buf_set_lines(other, 47, 48, true, { line })
  wait("the old port", function()
    return #shown(gateway) == 1 and shown(gateway)[1].message:find("listens on 10402", 1, true) ~= nil
  end)
  vim.cmd("close!")

  -- A code action, in a third file that nobody opened.
  local range = { start = { line = 47, character = 16 }, ["end"] = { line = 47, character = 17 } }
  local params = { textDocument = vim.lsp.util.make_text_document_params(), range = range, context = { diagnostics = {} } }
  local actions = vim.lsp.buf_request_sync(0, "textDocument/codeAction", params, 30000)[client].result
  local mend
  for _, action in ipairs(actions) do
    if action.title == "raise the client port by 3" then mend = action end
  end
  assert(mend, vim.inspect(actions))
  vim.lsp.util.apply_workspace_edit(mend.edit, "utf-16")
  vim.cmd("silent wall")
  wait("nothing left", function() return #shown(gateway) == 0 end)
  local text = table.concat(vim.fn.readfile(manager), "\n")
  assert(text:find("<ThriftClientPort>10402</ThriftClientPort>", 1, true), "the file was mended")

  vim.lsp.stop_client(client)
  wait("the end", function() return vim.lsp.client_is_stopped(client) end)
end

local ok, why = xpcall(run, debug.traceback)
if not ok then fail(why) end
print("neovim: found, hovered, typed, mended\n")
vim.cmd("qall!")

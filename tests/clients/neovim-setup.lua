-- The set-up that the README gives, as a person's init.lua: files of a deployment are opened, and their findings come.
-- Run by neovim.sh in a copy of examples/offset-mismatch, with the part of the README for this Neovim as init.lua.

vim.cmd("filetype on")

local function fail(what)
  io.stderr:write("neovim: " .. what .. "\n")
  vim.cmd("cquit 1")
end

local clients = vim.lsp.get_clients or vim.lsp.get_active_clients

local function run()
  vim.cmd("silent edit homes/gw/repository/conf/carbon.xml")
  local found = function() return #vim.diagnostic.get(0) == 1 end
  if not vim.wait(30000, found, 20) then fail("waited in vain for the finding; this is a file of type '" .. vim.bo.filetype .. "'") end
  local message = vim.diagnostic.get(0)[1].message
  assert(message:find("gw calls km on Thrift port 10399, but km listens on 10402", 1, true), message)
  -- The server of this file serves the others too.
  local conf = "homes/gw/repository/conf/"
  for _, path in ipairs({ "topology.yaml", conf .. "deployment.toml", conf .. "jndi.properties", conf .. "site.json" }) do
    vim.cmd("silent edit " .. path)
    local served = function() return #clients({ bufnr = 0 }) == 1 end
    if not vim.wait(10000, served, 20) then fail(path .. " is not served; it is of type '" .. vim.bo.filetype .. "'") end
  end
  assert(#clients() == 1, "one server for all")
end

local ok, why = xpcall(run, debug.traceback)
if not ok then fail(why) end
print("neovim: set up as the README says, found\n")
vim.cmd("qall!")

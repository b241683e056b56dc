"""The local issuer's sign-in page: roles to pick from. It exists on the machine that an installation runs on only."""

from __future__ import annotations

from html import escape

from service.permissions import EVERYONE, ROLES, Reach

CHINESE = {
    "sales_representative": "业务代表", "branch_manager": "分公司经理", "branch_general_manager": "分公司总经理",
    "region_clerk": "大区内勤", "regional_director": "大区总监", "head_of_marketing": "营销负责人",
    "credit_controller": "信用管理员", "auditor": "审计员", "operator": "运维员", "importer": "导入员",
}  # fmt: skip
REACHES: dict[Reach, str] = {
    "company": "the whole company 全公司", "region": "one region 一个大区", "branch": "one branch 一个分公司",
    "territory": "one territory 一个片区",
}  # fmt: skip
STYLE = """
:root{color-scheme:light dark;--accent:light-dark(#1659a5,#7db4f0);--line:light-dark(#d9dee4,#4a525c)}
*{box-sizing:border-box}body{font:15px/1.5 system-ui,"Noto Sans CJK SC",sans-serif;max-width:25rem;margin:auto;
padding:12vh 1rem 2rem}h1{font-size:1.4rem;margin:0}p{margin:.25rem 0 1.5rem}
label{display:block;margin:1rem 0 .25rem;font-weight:600}
input,select,button{font:inherit;width:100%;padding:.45rem .6rem;border:1px solid var(--line);border-radius:4px}
small{font-size:.85em;opacity:.75}[role=alert]{border-left:3px solid #c33;padding-left:.75rem}
button{margin-top:1.5rem;background:var(--accent);border-color:var(--accent);color:light-dark(#fff,#10151b);cursor:pointer}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
"""


def page_of_roles(path: str, trouble: str = "") -> str:
    """The local issuer's page: every role by how far it sees, and the code that the role is bound to."""
    groups = "".join(f'<optgroup label="{name}">{_options(reach)}</optgroup>' for reach, name in REACHES.items())
    alert = f'<p role="alert">{escape(trouble)}</p>' if trouble else ""
    return f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Sign in · Dealerlog</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}</style>
<main><h1>Dealerlog</h1><p>This installation runs on your machine: pick whom to be. 选择角色登录。</p>{alert}
<form method="post" action="/login"><input type="hidden" name="next" value="{escape(path, quote=True)}">
<label for="role">Role 角色</label><select id="role" name="role">{groups}</select>
<label for="code">Code of the region, branch or territory 区域代码</label>
<input id="code" name="code" maxlength="64" autocomplete="off" aria-describedby="whose">
<small id="whose">Only for a role that is bound to one; the list of dealers shows the codes.
仅限受区域约束的角色。</small>
<label for="login">Login (optional) 登录名（可选）</label>
<input id="login" name="login" maxlength="100" autocomplete="off">
<button>Sign in 登录</button></form></main></html>"""


def _options(reach: Reach) -> str:
    roles = [role for role in EVERYONE if ROLES[role] == reach]
    return "".join(f'<option value="{role}">{role.replace("_", " ")} {CHINESE[role]}</option>' for role in roles)

"""What an organisation asks of its people: looking, drafting, publishing, going back."""

from __future__ import annotations

import uuid

ID = str(uuid.UUID(int=7))
VIEW = "pam,ada,sol,stan"
CHANGE = "pam,sol"
POLICY = f"/admin/policy/{ID}"
TABLE = f"""
   GET    /admin/policy                  {VIEW}    200  200
   GET    {POLICY}                       {VIEW}    404  404
   GET    {POLICY}/draft                 {VIEW}    404  404
   POST   {POLICY}/draft                 {CHANGE}  404  step
   POST   {POLICY}/draft/meaning         {VIEW}    404  404
   POST   {POLICY}/draft/removal         {CHANGE}  404  step
   GET    {POLICY}/preview               {VIEW}    404  404
   POST   {POLICY}/publication           {CHANGE}  404  step
   POST   {POLICY}/return                {CHANGE}  404  step
   GET    {POLICY}/versions              {VIEW}    404  404
   GET    {POLICY}/versions/1            {VIEW}    404  404
"""

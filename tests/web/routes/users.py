"""The list of users and what is done to an account, for a person whom nobody knows."""

ID = "00000000-0000-0000-0000-000000000007"
VIEW = "pam,ada,sol,stan"
ACT = "pam,ada,sol"
TABLE = f"""
   GET    /admin/users                                {VIEW}  200  200
   GET    /admin/users.csv                            {VIEW}  200  step
   GET    /admin/users/{ID}                           {VIEW}  404  404
   POST   /admin/users/{ID}/unlock                    {ACT}   404  step
   POST   /admin/users/{ID}/sessions/end              {ACT}   404  step
   POST   /admin/users/{ID}/disabled                  {ACT}   404  step
   POST   /admin/users/{ID}/enabled                   {ACT}   404  step
   POST   /admin/users/{ID}/reminder                  {ACT}   404  step
   POST   /admin/users/{ID}/password-renewal          {ACT}   404  step
"""

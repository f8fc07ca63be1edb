"""Pages with a live connection, by NiceGUI: forms that answer while one turns a knob.

They are mounted on the API's own application (`api.forms.mounting`) where a process has use for
them, and nowhere else is NiceGUI imported. What guards the API guards them, their assets and
their websocket (`api.security`); which paths are theirs stands in `api.forms.paths`.

To add a page:

1. A module here with a function that builds it, ``build(here: Context, language: Language)``,
   out of NiceGUI elements; what it computes comes from the same functions as the REST answers.
2. Its path in `api.forms.paths.PAGES` and the function in `api.forms.pages.BUILDERS`.
3. Its words in ``api/messages.toml``, its look in ``api/pages/static/form.css``, a link in
   `api.pages.ways`.

`api.forms.frame` puts the bar around it: title, ways to other pages, languages. A page keeps
nothing but what its own visitor sees; everything else it reads from the context each time.
"""

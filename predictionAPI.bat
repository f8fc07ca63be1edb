@echo off
rem predictionAPI.bat             judge the live stream and answer REST queries (the verb serve)
rem predictionAPI.bat VERB ...    any other verb; predictionAPI.bat --help lists them
rem   SPRUE_PYTHON     the Python to make .venv with: a command or a path
rem   SPRUE_NO_PAUSE   set it where nobody can press a key: service managers, schedulers

setlocal EnableExtensions DisableDelayedExpansion
set "PYTHONUTF8=1"
set "ROOT=%~dp0"
set "PYTHON=%ROOT%.venv\Scripts\python.exe"
set "VERB=%~1"
if not defined VERB set "VERB=serve"

if not exist "%PYTHON%" goto install
"%PYTHON%" -I -S "%ROOT%scripts\bootstrap.py" check "%VERB%"
if not errorlevel 1 goto run

:install
set "BASE="
set "SEEN="
if defined SPRUE_PYTHON goto given
call :try py -3.13
call :try py -3.12
call :try py -3.11
call :try python
call :try python3
goto found
:given
call :try "%SPRUE_PYTHON%"
:found
if not defined BASE goto nothing_fits
call %BASE% -I "%ROOT%scripts\bootstrap.py" install "%VERB%"
if not errorlevel 1 goto run
set "CODE=%ERRORLEVEL%"
goto end

:run
rem -P: a folder named like one of ours in the user's directory must not be imported.
if "%~1"=="" goto run_serve
"%PYTHON%" -P -m scripts %*
set "CODE=%ERRORLEVEL%"
goto end
:run_serve
"%PYTHON%" -P -m scripts serve
set "CODE=%ERRORLEVEL%"
goto end

:nothing_fits
>&2 echo sprue needs Python 3.11, 3.12 or 3.13 (64 bit).
if defined SPRUE_PYTHON >&2 echo SPRUE_PYTHON is "%SPRUE_PYTHON%"; it must name one of these.
if defined SEEN >&2 echo Found:%SEEN%
if not defined SEEN >&2 echo Found: no Python at all.
>&2 echo Install one from https://www.python.org/downloads/windows/ or with
>&2 echo   winget install Python.Python.3.13
>&2 echo then start predictionAPI.bat again, or set SPRUE_PYTHON to where it is.
set "CODE=1"
goto end

:end
if "%CODE%"=="0" exit /b 0
rem A double click: Explorer ends the command line with a space and a quote, and would close the
rem window before anybody has read the reason. Delayed expansion, for the quotes in it.
if defined SPRUE_NO_PAUSE exit /b %CODE%
if not defined CMDCMDLINE exit /b %CODE%
set "LAST=%CMDCMDLINE:~-2,1%"
setlocal EnableDelayedExpansion
if "!LAST!"==" " pause
exit /b %CODE%

rem Sets BASE to the command given when it is a Python that fits, else adds to SEEN. `call`
rem inside: version managers put batch files in the place of python.exe, and cmd would strip
rem the quotes of a path that comes first.
:try
if defined BASE exit /b 0
set "VERSION="
set "BITS="
for /f "tokens=1,2" %%A in ('call %* -E -c "import struct, sys; print(sys.version.split()[0], 8 * struct.calcsize(chr(80)))" 2^>nul') do (
  set "VERSION=%%A"
  set "BITS=%%B"
)
if not defined VERSION exit /b 0
for /f "tokens=1,2 delims=." %%A in ("%VERSION%") do (
  set "MAJOR=%%A"
  set "MINOR=%%B"
)
if "%MAJOR%%BITS%"=="364" if %MINOR% GEQ 11 if %MINOR% LEQ 13 set "BASE=%*"
if not defined BASE set "SEEN=%SEEN% Python %VERSION%, %BITS%-bit;"
exit /b 0

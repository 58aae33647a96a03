"""LibreOffice as another program that opens what we make: one start converts many files."""

import os
import shutil
import subprocess

from logbook.documents import fonts

MISSING = (
    "install LibreOffice (apt-get install libreoffice-writer-nogui libreoffice-calc-nogui fonts-liberation), "
    "or run the tests with --no-office"
)
# Where the system has no Chinese face, ours stand in.
FONTS = '<fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include>{}</fontconfig>'


def convert(files, to, folder):
    """Each file converted to the format `to` ("pdf", "xlsx") inside `folder`; the new files, in the same order."""
    office = shutil.which("soffice")
    assert office, MISSING
    folder.mkdir(exist_ok=True)
    named = folder / "fonts.conf"
    named.write_text(FONTS.format("".join(f"<dir>{place}</dir>" for place in fonts.folders())), "utf-8")
    argv = [office, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--convert-to", to]
    done = subprocess.run(
        [*argv, "--outdir", str(folder), *map(str, files)],
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
        env=os.environ | {"FONTCONFIG_FILE": str(named)},
    )
    made = [folder / f"{file.stem}.{to.partition(':')[0]}" for file in files]
    missing = [file.name for file in made if not file.exists()]
    assert not missing, f"{missing}: {done.stderr}"
    return made

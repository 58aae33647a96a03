"""LibreOffice as another program that opens what we make: one start converts many files."""

import shutil
import subprocess


def convert(files, to, folder):
    """Each file converted to the format `to` ("pdf", "xlsx") inside `folder`; the new files, in the same order."""
    office = shutil.which("soffice")
    assert office, "LibreOffice is not here: install libreoffice-writer-nogui and libreoffice-calc-nogui"
    argv = [office, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--convert-to", to]
    done = subprocess.run(
        [*argv, "--outdir", str(folder), *map(str, files)], capture_output=True, text=True, check=False, timeout=900
    )
    made = [folder / f"{file.stem}.{to}" for file in files]
    missing = [file.name for file in made if not file.exists()]
    assert not missing, f"{missing}: {done.stderr}"
    return made

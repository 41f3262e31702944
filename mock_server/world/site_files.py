"""The site files of folders, such as `fixtures/sites/`, as sites."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from contract_tests.quoting import quoted
from mock_server.assets import FIXTURES, read_record
from mock_server.errors import InputError
from mock_server.world.site import Site
from mock_server.world.site_problems import problems_of

SITES = FIXTURES / "sites"


def load_site(path: Path) -> Site:
    """Returns the site that a file describes.

    Raises InputError, which names the file, the place and the problem.
    """
    site = read_record(path, Site)
    # A text of several lines ends with a line feed.
    site = msgspec.structs.replace(site, description=" ".join(site.description.split()))
    if site.name or site.file:
        raise InputError(path, "a site is named by its file; leave `fileName` and `file` out")
    for place, problem in problems_of(site):
        raise InputError(f"{path}: {place}", problem)
    return _named(site, path)


def load_sites(folders: Iterable[Path] = (SITES,)) -> dict[str, Site]:
    """Returns all sites of the folders by name.

    A later folder's site replaces an earlier one of the same name.
    """
    sites: dict[str, Site] = {}
    for folder in folders:
        for path in _site_files(folder):
            sites[path.stem] = load_site(path)
    owners: dict[str, str] = {}
    for name, site in sites.items():
        other = owners.setdefault(site.website_id, name)
        if other != name:
            raise InputError(
                f"{site.file}: $.websiteId", f"the site {quoted(other)} has the id {site.website_id} already"
            )
    return sites


def _site_files(folder: Path) -> list[Path]:
    if folder.is_file():
        raise InputError(folder, "this is a file; give the folder that contains it")
    if not folder.exists():
        raise InputError(folder, "this folder does not exist")
    if not folder.is_dir():
        raise InputError(folder, "this is not a folder; give a folder with site files")
    files = sorted(path for path in folder.iterdir() if path.suffix in (".yaml", ".yml"))
    if not files:
        raise InputError(folder, "there is no site file (*.yaml) in this folder")
    names = [path.stem for path in files]
    for path in files:
        if names.count(path.stem) > 1:
            raise InputError(path, "the folder has another site file of this name")
    return files


def _named(site: Site, path: Path) -> Site:
    return msgspec.structs.replace(site, name=path.stem, file=str(path))

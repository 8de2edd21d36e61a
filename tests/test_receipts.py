"""Receipts: a clerk hears what became of each file, with totals and with what changed."""

from include import stages
from tests.company import FILES
from tests.office import BAD, GOOD, HEAD, Office


def test_what_counts_is_told_with_its_totals(office: Office) -> None:
    office.drop("三月.csv", GOOD + "p3,2026-03,a,1000.50,\n")
    office.collect()
    told = office.mail()
    for line in (
        "1 file counted",
        "✓ 三月.csv",
        "counted · all 3 rows count · 2 org units and periods new",
        "2026-03 销售 | Total as reported: 1,111.5 CNY | Org units: 2",
        "2026-03 成本 | Total as reported: 44 CNY | Org units: 1",
    ):
        assert line in told
    assert "Changed" not in told and "refused" not in told


def test_what_was_sent_before_is_told_so(office: Office) -> None:
    for name, content in (("a.csv", GOOD), ("b.csv", GOOD), ("c.csv", GOOD + "\n")):
        office.drop(name, content)
        office.collect()
        if name == "b.csv":
            assert "The same content as a.csv, which came 20" in office.mail()
    assert "Its figures are those that the ledger holds already" in office.mail()
    assert office.statuses() == ["accepted", "unchanged", "unchanged"]


def test_a_correction_tells_each_figure_that_changed_and_where(office: Office) -> None:
    office.drop("a.csv", GOOD + "p3,2026-04,a,7,3\n")
    office.collect()
    changed = HEAD + "p1,2026-03,b,11,4\np1,2026-03,c,5,\np1,2026-03,a,120,\np3,2026-04,a,7,3\n"
    office.drop("b.csv", changed)
    office.collect()
    told = office.mail()
    assert "1 corrected, 1 as before" in told and "Changed against what was reported before: 3" in told
    for line in (
        "D4 Plant 1 2026-03 | Metric: 销售 · a | Before: 100 CNY | Now: 120 CNY",
        "D3 Plant 1 2026-03 | Metric: 销售 · c | Before: — | Now: 5 CNY",
        "— Plant 1 2026-03 | Metric: 成本 · a | Before: 40 CNY | Now: —",
    ):
        assert line in told, told


def test_what_does_not_add_up_is_no_total(office: Office) -> None:
    columns = "columns:\n  unit: {type: text, is: org}\n  month: {type: month, is: period}\n"
    price = columns + "  price: {type: decimal, metric: price, unit: 元}\n"
    office.configure("sources/book.yaml", FILES["sources/book.yaml"].partition("columns:")[0] + price)
    office.drop("a.csv", "unit,month,price\np1,2026-03,12\np3,2026-03,15.5\n")
    office.collect()
    assert (
        "2026-03 均价 | Total as reported: 12 – 15.5 元 (least to greatest; not to be added)" in office.mail()
    )


def test_a_long_list_is_cut_with_counts(office: Office) -> None:
    lines = [f"p1,2026-03,x{n},{n + 1},1\n" for n in range(50)]
    months = [f"p1,20{y}-{m:02d},a,1,1\n" for y in (23, 24) for m in range(1, 13)]
    office.drop("a.csv", HEAD + "".join(lines + months))
    office.collect()
    assert "26 more totals." in office.mail()
    office.drop("b.csv", HEAD + "".join(line.replace(",1\n", ",2\n") for line in lines))
    office.collect()
    assert "reported before: 50" in office.mail() and "20 more changes: see bi.fact." in office.mail()


def test_refused_and_accepted_files_of_a_run_are_one_mail(office: Office) -> None:
    office.drop("bad.csv", BAD, wait=False)
    office.drop("good.csv", GOOD)
    office.collect()
    told = office.mail()
    assert told.index("■ bad.csv") < told.index("✓ good.csv") and "Total as reported: 111 CNY" in told
    assert "good.csv" not in office.mail("zh"), "a metric's owner hears of what is wrong only"
    assert office.company.value("SELECT count(*) FROM ledger.message WHERE language = 'en'") == 1


def test_a_link_is_refused_and_told(office: Office) -> None:
    folder = office.home.inbox / "book"
    folder.mkdir()
    secret = office.home.root / "secret.csv"
    secret.write_text(GOOD)
    (folder / "link.csv").symlink_to(secret)
    office.drop("good.csv", GOOD)
    office.collect()
    assert sorted(office.statuses()) == ["accepted", "refused"] and not list(folder.iterdir())
    assert secret.read_text() == GOOD, "what it points to is left alone"
    assert "Not taken in: symbolic link" in office.mail()
    assert office.collect() == ([], []) and len(list((office.home.rejected / "book").iterdir())) == 1


def test_a_second_name_of_a_file_is_refused_and_its_content_kept(office: Office) -> None:
    office.drop("deep/er/a.csv", GOOD, wait=False)
    path = office.drop("a.csv", GOOD, wait=False)
    path.with_name("b.csv").hardlink_to(path)
    office.drop("c.csv", GOOD.replace("11", "12"))
    office.collect()
    assert sorted(office.statuses()) == ["accepted", "refused", "refused", "refused"]
    kept = [item.read_text() for item in (office.home.rejected / "book").glob("*.csv")]
    assert kept == [GOOD] * 3
    assert not stages.waiting_sources()


def test_a_file_that_no_source_collects_is_told_once(office: Office) -> None:
    (office.home.inbox / "bok").mkdir()
    (office.home.inbox / "bok" / "三月.csv").write_text(GOOD)
    office.drop("../lost\u202e.csv", GOOD)
    assert len(stages.untold_strays()) == 2
    assert stages.report_strays() == ["bok/三月.csv", "lost.csv"]
    assert stages.untold_strays() == stages.report_strays() == []
    assert "bok/三月.csv" in office.mail() and "audit, book, other" in office.mail()
    (office.home.inbox / "lost\u202e.csv").unlink()
    office.drop("../lost\u202e.csv", GOOD)
    assert stages.report_strays() == ["lost.csv"], "dropped there again"

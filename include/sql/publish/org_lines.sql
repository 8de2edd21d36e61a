-- The dated lines of org.yaml, all of them anew.
INSERT INTO ledger.org_line (org_id, parent_id, level, valid_from, valid_to, ownership, into_id)
SELECT o.org_id, p.org_id, l.level, l.valid_from, coalesce(l.valid_to, 'infinity'), l.ownership, i.org_id
FROM unnest(CAST(:unit AS text[]), CAST(:parent AS text[]), CAST(:level AS text[]), CAST(:valid_from AS date[]),
    CAST(:valid_to AS date[]), CAST(:ownership AS numeric[]), CAST(:into AS text[]))
    AS l (unit, parent, level, valid_from, valid_to, ownership, into_unit)
JOIN ledger.org AS o ON o.unit = l.unit
LEFT JOIN ledger.org AS p ON p.unit = l.parent
LEFT JOIN ledger.org AS i ON i.unit = l.into_unit

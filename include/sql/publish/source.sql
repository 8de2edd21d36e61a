-- One source.
INSERT INTO ledger.source (source, name_zh, name_en, department, owner, kind, authority)
VALUES (:source, :name_zh, :name_en, :department, :owner, :kind, :authority)

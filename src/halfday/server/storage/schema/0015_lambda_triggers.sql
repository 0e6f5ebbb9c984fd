-- Which functions a pool calls (LambdaConfig), in the API's words.

ALTER TABLE pools ADD COLUMN lambda_config TEXT NOT NULL DEFAULT '{}';

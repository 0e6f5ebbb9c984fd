"""Files of other products, read into the document of an export. Each says where in the file something is wrong."""

create table orders (id integer primary key, placed timestamp not null);
